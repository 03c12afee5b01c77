#!/usr/bin/env bash
# Lists rows of the features table whose photo is no longer in the bucket, and with --delete deletes them.
# The table is read before the bucket, and only rows older than that are deleted: photos uploaded meanwhile are safe.
# If either cannot be read to its end, nothing is deleted. Needs the AWS CLI and Node.
#
#   ops/rows-without-photo.sh TABLE BUCKET [--delete]
set -euo pipefail
table=${1:?usage: rows-without-photo.sh TABLE BUCKET [--delete]}
bucket=${2:?usage: rows-without-photo.sh TABLE BUCKET [--delete]}
now=$(date -u +%FT%TZ)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

lines() { node -p '(JSON.parse(require("fs").readFileSync(0)) ?? []).join("\n")' | sed '/^$/d' | LC_ALL=C sort; }

aws dynamodb scan --table-name "$table" --filter-expression 'attribute_not_exists(erased)' \
  --projection-expression photo --query 'Items[].photo.S' --output json | lines > "$folder/featurized"
aws s3api list-objects-v2 --bucket "$bucket" --query 'Contents[].Key' --output json | lines > "$folder/stored"
LC_ALL=C comm -23 "$folder/featurized" "$folder/stored" | tee "$folder/orphans"

[ "${3-}" = --delete ] || exit 0
while IFS= read -r photo; do
  aws dynamodb delete-item --table-name "$table" --condition-expression 'featurizedAt < :now' \
    --key "$(node -p 'JSON.stringify({ photo: { S: process.argv[1] } })' "$photo")" \
    --expression-attribute-values "{\":now\": {\"S\": \"$now\"}}"
done < "$folder/orphans"
