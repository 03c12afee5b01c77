import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reserve } from '../../functions/core/webassembly.ts';

test('a kernel’s memory grows by the pages that are missing, and by none where it has room', () => {
  const grown: number[] = [];
  const memory = {
    buffer: new ArrayBuffer(2 * 65_536),
    grow(pages: number) {
      grown.push(pages);
      memory.buffer = new ArrayBuffer(memory.buffer.byteLength + pages * 65_536);
      return 0;
    },
  };
  for (const bytes of [1, 2 * 65_536, 2 * 65_536 + 1, 5 * 65_536, 5 * 65_536]) reserve(memory, bytes);
  assert.deepEqual(grown, [1, 2]);
});
