import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Spool } from '../../../functions/core/spool/spool.ts';
import { shuffled } from '../reduce-fixture.ts';

function withSpool(dimension: number, work: (spool: Spool, folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  const spool = new Spool(folder, dimension);
  try {
    work(spool, folder);
  } finally {
    spool.close();
    rmSync(folder, { recursive: true });
  }
}

const SIZE = { width: 100, height: 90, bytes: 3000 };

function rowOf(index: number) {
  const key = `p/${String(index).padStart(6, '0')}`;
  return {
    key,
    label: index % 3 ? `L${index}` : null,
    etag: `e${index}`,
    featurizedAt: 1e12 + index,
    ...SIZE,
  };
}

function add(spool: Spool, indices: number[]): void {
  for (const index of indices) spool.add(rowOf(index), Float32Array.of(index, index / 3, -index));
}

test('rows come back in path order with all they were given, over several runs and through several reads', () => {
  const rows = 10_000; // two full runs of 4,096 and a part of one
  withSpool(3, (spool) => {
    add(spool, shuffled([...Array(rows).keys()], 7));
    for (let read = 0; read < 2; read++) {
      let next = 0;
      for (const batch of spool.sorted(999)) {
        assert.equal(batch.rows.length, Math.min(999, rows - next));
        assert.equal(batch.features.length, batch.rows.length * 3);
        for (const [at, row] of batch.rows.entries()) {
          assert.deepEqual(row, rowOf(next));
          assert.deepEqual(
            [...batch.features.subarray(3 * at, 3 * at + 3)],
            [next, next / 3, -next].map(Math.fround),
          );
          next += 1;
        }
      }
      assert.equal(next, rows);
    }
  });
});

test('paths are ordered by their UTF-8 bytes, as S3 orders keys, not by UTF-16 units', () => {
  // U+FF01 is below U+1F34E in UTF-8, and above its surrogates in UTF-16.
  const paths = ['z', 'é', '\uff01', '\u{1f34e}', 'a/b', 'a', 'a-b', 'B', ''];
  withSpool(1, (spool) => {
    for (const key of paths)
      spool.add({ key, label: null, etag: '', featurizedAt: 0, ...SIZE }, Float32Array.of(0));
    const read = [...spool.sorted(4)].flatMap(({ rows }) => rows.map(({ key }) => key));
    assert.deepEqual(read, ['', 'B', 'a', 'a-b', 'a/b', 'z', 'é', '\uff01', '\u{1f34e}']);
  });
});

test('the features are copied when they are added', () => {
  withSpool(1, (spool) => {
    const features = Float32Array.of(1);
    spool.add(rowOf(0), features);
    features[0] = 2;
    assert.deepEqual([...spool.sorted(1)][0]?.features, Float32Array.of(1));
  });
});

test('rows can be added after a read', () => {
  withSpool(3, (spool) => {
    add(spool, [2, 0]);
    assert.deepEqual(
      [...spool.sorted(9)].map(({ rows }) => rows.length),
      [2],
    );
    add(spool, [1]);
    assert.deepEqual(
      [...spool.sorted(9)][0]?.rows.map(({ key }) => key),
      [0, 1, 2].map((i) => rowOf(i).key),
    );
  });
});

test('an empty spool has no batches', () => {
  withSpool(3, (spool) => assert.deepEqual([...spool.sorted(10)], []));
});

test('two rows of one path are an error that names it, in one run or in two', () => {
  for (const between of [0, 5000]) {
    withSpool(3, (spool) => {
      add(spool, [100_000, ...Array(between).keys(), 100_000]);
      assert.throws(() => [...spool.sorted(64)], {
        code: 'CONTRACT_BROKEN',
        message: /p\/100000 was read twice/,
      });
    });
  }
});

test('the spool is in no folder, so nothing is left of it when the process is killed', () => {
  withSpool(3, (spool, folder) => {
    add(spool, [...Array(5000).keys()]);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('a disk that takes no more is an error that says how much room is needed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  const spool = new Spool(folder, 3);
  spool.close(); // writing to a closed file fails as writing to a full disk does
  assert.throws(() => add(spool, [...Array(4096).keys()]), {
    code: 'SPOOL_FAILED',
    message: /212 bytes of temporary storage a photo/,
  });
  rmSync(folder, { recursive: true });
});
