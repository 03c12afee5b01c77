#!/usr/bin/env bash
# Unpacks the arm64 C and C++ libraries of Debian (what Node needs around it) for test:artifacts to run arm64
# packages under qemu-user. Needs apt-get and dpkg-deb; changes nothing outside the folder.
#
#   apt-get install qemu-user-static
#   bash test/artifacts/arm64-root.sh [folder, by default build/runtime/arm64-root]
set -euo pipefail
cd "$(dirname "$0")/../.."

root=${1:-build/runtime/arm64-root}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,download,root}
touch "$work/state/status"
chmod -R a+rwX "$work" # apt fetches as another user

options=(
  -o APT::Architecture=arm64 -o APT::Architectures=arm64
  -o Dir::State="$work/state" -o Dir::State::status="$work/state/status" -o Dir::Cache="$work/cache"
)
apt-get "${options[@]}" --quiet=2 update
(cd "$work/download" && apt-get "${options[@]}" --quiet=2 download libc6 libstdc++6 libgcc-s1)
for package in "$work"/download/*.deb; do dpkg-deb --extract "$package" "$work/root"; done

mkdir -p "$(dirname "$root")"
rm -rf "$root"
mv "$work/root" "$root"
echo "$root holds $(ls "$work/download" | tr '\n' ' ')"
