/** Running arm64 programs on another processor: qemu-user, over a folder of arm64 libraries. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Made by test/artifacts/arm64-root.sh. */
const ROOT = fileURLToPath(new URL('../../build/runtime/arm64-root', import.meta.url));

/**
 * Lambda's arm64 machines do not show their cores there: onnxruntime once stopped the process for it
 * (microsoft/onnxruntime #10038). The folder is hidden from the one process, in a mount namespace of its own.
 */
const HIDE_CORES = 'mount -t tmpfs none /sys/devices/system/cpu && exec "$@"';

/** A command that runs an arm64 program with the cores hidden, or the reason to skip what needs one. */
export function findQemu(): { command: string[]; skip: string | false } {
  const root = resolve(process.env.VERGER_ARM64_ROOT ?? ROOT);
  const qemu = ['qemu-aarch64-static', 'qemu-aarch64'].find((name) => runs([name, '--version']));
  if (qemu === undefined) return without('needs qemu-aarch64-static (Debian: qemu-user-static)');
  if (!existsSync(root)) {
    return without(
      `needs arm64 libraries in ${root}: bash test/artifacts/arm64-root.sh, or VERGER_ARM64_ROOT`,
    );
  }
  for (const unshare of [
    ['unshare', '--mount'],
    ['unshare', '--map-root-user', '--mount'],
  ]) {
    const hidden = [...unshare, 'sh', '-c', HIDE_CORES, 'sh'];
    if (runs([...hidden, 'true'])) return { command: [...hidden, qemu, '-L', root], skip: false };
  }
  return without('needs mount namespaces, to hide /sys/devices/system/cpu: root, or user namespaces');
}

function without(skip: string) {
  return { command: [], skip };
}

function runs([command = '', ...options]: string[]): boolean {
  return spawnSync(command, options, { stdio: 'ignore' }).status === 0;
}
