import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findBoundaries } from '../../../functions/core/reduce/boundaries.ts';
import { LocalWork } from '../../../functions/core/spool/local-work.ts';
import { RunWriter } from '../../../functions/core/spool/run-writer.ts';
import { bringNear, sortedRows } from '../../../functions/core/spool/sorted-rows.ts';
import { BLOCK_ROWS, pieceOf, type SortedRun } from '../../../functions/core/spool/sorted-run.ts';
import type { WorkStore } from '../../../functions/core/spool/work-store.ts';
import { MemoryWork } from '../../memory.ts';
import { normals } from '../numbers.ts';
import { shuffled } from '../reduce-fixture.ts';

const D = 3;

async function withWork(check: (work: LocalWork, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  const work = new LocalWork(folder);
  try {
    await check(work, folder);
  } finally {
    work.close();
    rmSync(folder, { recursive: true });
  }
}

function rowOf(index: number, key = `p/${String(index).padStart(6, '0')}`) {
  const size = { width: index, height: 2, bytes: 3 };
  return {
    key,
    label: index % 3 ? `L${index}` : null,
    etag: `e${index}`,
    featurizedAt: 1e12 + index,
    ...size,
  };
}

function toSort(index: number, key?: string) {
  return { row: rowOf(index, key), features: Float32Array.of(index, index / 3, -index) };
}

async function writeRuns(work: WorkStore, indices: number[], runRows: number): Promise<SortedRun[]> {
  const writer = new RunWriter(work, 'gather/00000-a', D, runRows);
  for (let start = 0; start < indices.length; start += 100) {
    await writer.add(indices.slice(start, start + 100).map((index) => toSort(index)));
  }
  await writer.flush();
  return writer.runs;
}

/** Rows [from, to) of each run, merged. */
async function readRows(
  work: WorkStore,
  scratch: LocalWork,
  runs: SortedRun[],
  from?: number[],
  to?: number[],
) {
  const pieces = runs.flatMap((run, at) => {
    const [start, end] = [from?.[at] ?? 0, to?.[at] ?? run.rows];
    return end > start ? [pieceOf(run, D, start, end)] : [];
  });
  const found: { row: ReturnType<typeof rowOf>; features: number[] }[] = [];
  for (const { rows, features } of sortedRows(await bringNear(work, pieces, D, scratch), D, 999)) {
    for (const [at, row] of rows.entries()) {
      found.push({ row, features: [...features.subarray(D * at, D * at + D)] });
    }
  }
  return found;
}

test('rows come back in path order with all they were given, over several runs, near and far, and through several reads', async () => {
  const rows = 10_000; // two full runs of 4,096 and a part of one; or one of three blocks
  await withWork(async (scratch) => {
    for (const [work, runRows, expected] of [
      [scratch, BLOCK_ROWS, 3],
      [new MemoryWork(), 3 * BLOCK_ROWS, 1],
    ] as const) {
      const runs = await writeRuns(work, shuffled([...Array(rows).keys()], 7), runRows);
      assert.equal(runs.length, expected);
      for (let read = 0; read < 2; read++) {
        const found = await readRows(work, scratch, runs);
        assert.equal(found.length, rows);
        for (const [index, { row, features }] of found.entries()) {
          assert.deepEqual(row, rowOf(index));
          assert.deepEqual(features, [index, index / 3, -index].map(Math.fround));
        }
      }
    }
  });
});

test('paths are ordered by their UTF-8 bytes, as S3 orders keys, not by UTF-16 units', async () => {
  // U+FF01 is below U+1F34E in UTF-8, and above its surrogates in UTF-16.
  const paths = ['z', 'é', '\uff01', '\u{1f34e}', 'a/b', 'a', 'a-b', 'B', ''];
  await withWork(async (work) => {
    const writer = new RunWriter(work, 'r', D, BLOCK_ROWS);
    await writer.add(paths.map((key, index) => toSort(index, key)));
    await writer.flush();
    const read = (await readRows(work, work, writer.runs)).map(({ row }) => row.key);
    assert.deepEqual(read, ['', 'B', 'a', 'a-b', 'a/b', 'z', 'é', '\uff01', '\u{1f34e}']);
  });
});

test('the features are copied when they are added', async () => {
  await withWork(async (work) => {
    const writer = new RunWriter(work, 'r', D, BLOCK_ROWS);
    const given = toSort(1);
    await writer.add([given]);
    given.features[0] = 2;
    await writer.flush();
    assert.equal((await readRows(work, work, writer.runs))[0]?.features[0], 1);
  });
});

test('several readers side by side fill one run after the other, and none is lost', async () => {
  const work = new MemoryWork();
  const writer = new RunWriter(work, 'r', D, BLOCK_ROWS);
  const all = [...Array(3 * BLOCK_ROWS + 5).keys()];
  await Promise.all(
    [0, 1, 2].map((reader) => writer.add(all.filter((at) => at % 3 === reader).map((at) => toSort(at)))),
  );
  await writer.flush();
  assert.deepEqual(
    writer.runs.map(({ rows }) => rows),
    [BLOCK_ROWS, BLOCK_ROWS, BLOCK_ROWS, 5],
  );
  await withWork(async (scratch) => {
    const keys = (await readRows(work, scratch, writer.runs)).map(({ row }) => row.key);
    assert.deepEqual(
      keys,
      all.map((at) => rowOf(at).key),
    );
  });
});

test('two rows of one path are an error that names it, in one run or in two', async () => {
  for (const between of [0, 5000]) {
    await withWork(async (work) => {
      const runs = await writeRuns(work, [100_000, ...Array(between).keys(), 100_000], BLOCK_ROWS);
      await assert.rejects(readRows(work, work, runs), {
        code: 'CONTRACT_BROKEN',
        message: /p\/100000 was read twice/,
      });
    });
  }
});

test('boundaries cut the merged order exactly where they are asked for, whatever lies in which run', async () => {
  const next = normals(5);
  const total = 3000;
  // One run of neighbours, one of strays, one of a single row, and the rest: of a few rows to many chunks each.
  const shares = [[...Array(500).keys()], [501], [] as number[], [] as number[], [] as number[]];
  for (let index = 502; index < total; index++)
    shares[2 + (Math.abs(Math.floor(next() * 2)) % 3)]!.push(index);
  shares[2]!.push(500);
  const work = new MemoryWork();
  const runs: SortedRun[] = [];
  for (const [at, share] of shares.entries()) {
    const writer = new RunWriter(work, `r${at}`, D, BLOCK_ROWS);
    await writer.add(shuffled(share, at).map((index) => toSort(index)));
    await writer.flush();
    runs.push(...writer.runs);
  }
  const ranks = [1, 31, 32, 33, 499, 500, 501, 502, 1000, 1024, 2048, 2998, 2999];
  const boundaries = await findBoundaries(work, runs, ranks);
  await withWork(async (scratch) => {
    const ends = [...boundaries, runs.map(({ rows }) => rows)];
    let before = runs.map(() => 0);
    for (const [at, end] of ends.entries()) {
      const [from, to] = [ranks[at - 1] ?? 0, ranks[at] ?? total];
      const keys = (await readRows(work, scratch, runs, before, end)).map(({ row }) => row.key);
      assert.deepEqual(
        keys,
        Array.from({ length: to - from }, (_, index) => rowOf(from + index).key),
      );
      before = end;
    }
  });
});

test('the files are in no folder, so nothing is left of them when the process is killed', async () => {
  await withWork(async (work, folder) => {
    await writeRuns(work, [...Array(5000).keys()], BLOCK_ROWS);
    assert.deepEqual(readdirSync(folder), []);
  });
});

test('of two that commit one file, the first one counts', async () => {
  await withWork(async (local) => {
    for (const work of [local, new MemoryWork()]) {
      assert.equal(await work.commit('a', Buffer.from('first')), true);
      assert.equal(await work.commit('a', Buffer.from('second')), false);
      assert.equal(Buffer.from((await work.read('a'))!).toString(), 'first');
      assert.equal(Buffer.from((await work.read('a', 1, 3))!).toString(), 'ir');
      assert.equal(await work.read('b'), undefined);
    }
  });
});

test('a disk that takes no more is an error that says how much room is needed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
  const work = new LocalWork(folder);
  work.close(); // writing to a closed file fails as writing to a full disk does
  await assert.rejects(writeRuns(work, [...Array(4096).keys()], BLOCK_ROWS), {
    code: 'WORK_DISK_FULL',
    message:
      /^the temporary disk takes no more \(EBADF\) after 0\.0 MB; .*needs 5\.5 KB a photo, .*and 15 MB more$/,
  });
  rmSync(folder, { recursive: true });
});

test('a work file that has been removed, or cut short, is an error that says what to do', async () => {
  const work = new MemoryWork();
  const runs = await writeRuns(work, [1, 2, 3], BLOCK_ROWS);
  const [name] = [...work.files.keys()];
  await withWork(async (scratch) => {
    work.files.set(name!, work.files.get(name!)!.slice(0, -1));
    await assert.rejects(readRows(work, scratch, runs), {
      code: 'WORK_FILE_MISSING',
      message: /gather\/00000-a-00000-00000 should have bytes 0 to \d+; \d+ were read.* reduce again/,
    });
  });
});
