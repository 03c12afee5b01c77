import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { compileKernel, hasCompiler, KERNELS, kernelFile } from '../../layers/kernels.ts';

const skip = hasCompiler() ? false : 'needs npm ci --prefix layers/kernels';

describe('the kernels that the functions carry are compiled from the source beside them', { skip }, () => {
  for (const kernel of KERNELS) {
    test(kernel, () => assert.equal(readFileSync(kernelFile(kernel), 'utf8'), compileKernel(kernel)));
  }
});

test('the compiler’s lock file names no registry', () => {
  const lock = readFileSync(new URL('../../layers/kernels/package-lock.json', import.meta.url), 'utf8');
  assert.doesNotMatch(lock, /"resolved"/);
});
