/**
 * Compiles the WebAssembly kernels into the functions: `npm ci --prefix layers/kernels && npx tsx layers/kernels.ts`.
 *
 * The bytes are committed, so that using Verger needs no compiler; a test compiles them again where there is one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMain } from '../model/is-main.ts';

/** Each `kernels/assembly/<kernel>.ts` becomes `functions/core/<folder>/<kernel>-kernel.ts`. */
const FOLDERS = {
  cosines: 'classifier',
  resize: 'photo',
  shaper: 'photo',
  squares: 'review',
  tridiagonal: 'pca',
} as const;

type Kernel = keyof typeof FOLDERS;

export const KERNELS = Object.keys(FOLDERS) as Kernel[];

const FOLDER = join(import.meta.dirname, 'kernels');
const COMPILER = join(FOLDER, 'node_modules', 'assemblyscript', 'bin', 'asc.js');

/** Whether the compiler is installed. */
export function hasCompiler(): boolean {
  return existsSync(COMPILER);
}

/** The TypeScript file that holds a kernel. */
export function kernelFile(kernel: Kernel): string {
  return join(FOLDER, '..', '..', 'functions', 'core', FOLDERS[kernel], `${kernel}-kernel.ts`);
}

/**
 * Compiles a kernel.
 *
 * @returns the text of its TypeScript file; the same for the same source
 * @throws Error with what the compiler says
 */
export function compileKernel(kernel: Kernel): string {
  const folder = mkdtempSync(join(tmpdir(), 'verger-kernel-'));
  try {
    const module = join(folder, 'kernel.wasm');
    const { status, stderr } = spawnSync(
      process.execPath,
      [COMPILER, `assembly/${kernel}.ts`, '--outFile', module, ...OPTIONS],
      { cwd: FOLDER, encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the compiler refuses the kernel ${kernel}:\n${stderr}`);
    const base64 = readFileSync(module).toString('base64');
    const from = `/** Compiled from layers/kernels/assembly/${kernel}.ts by layers/kernels.ts. */\n`;
    return `${from}export const ${kernel.toUpperCase()}_KERNEL =\n  '${base64}';\n`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** No runtime, no checks, no imports: a kernel is given its memory, and allocates none. */
const OPTIONS = '-O3 --converge --noAssert --runtime stub --use abort= --enable simd'.split(' ');

if (isMain(import.meta.url)) {
  for (const kernel of KERNELS) writeFileSync(kernelFile(kernel), compileKernel(kernel));
}
