import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { threadId } from 'node:worker_threads';
import { withScratchFolder } from '../../../functions/core/spool/scratch.ts';

const parent = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(parent, { recursive: true }));

test('what ended processes left is removed, what living ones use is not, nor what is not ours', async () => {
  const ended = spawnedAndEnded();
  const abandoned = [`verger-reduce-${ended}-0-abc`, `verger-reduce-${process.pid}-${threadId}-abc`];
  const kept = [
    `verger-reduce-${process.ppid}-0-abc`,
    `verger-reduce-${process.pid}-${threadId + 1}-abc`,
    'verger-reduce-notes',
    'other-123-0-abc',
    `not-verger-reduce-${ended}-0-abc`,
  ];
  for (const name of [...abandoned, ...kept]) {
    mkdirSync(join(parent, name));
    writeFileSync(join(parent, name, 'part-00000.parquet'), '');
  }
  await withScratchFolder(parent, async (folder) => {
    const name = folder.slice(parent.length + 1);
    assert.deepEqual(readdirSync(parent).sort(), [...kept, name].sort());
  });
  assert.deepEqual(readdirSync(parent).sort(), kept.toSorted());
});

test('the folder is empty at first, lives as long as the work, and goes whether the work ends well or not', async () => {
  const seen: string[] = [];
  const work = (fails: boolean) =>
    withScratchFolder(join(parent, 'made', 'if-missing'), async (folder) => {
      seen.push(folder);
      assert.deepEqual(readdirSync(folder), []);
      writeFileSync(join(folder, 'file'), 'x');
      if (fails) throw new Error('the work failed');
      return 42;
    });
  assert.equal(await work(false), 42);
  await assert.rejects(work(true), /the work failed/);
  assert.equal(seen.length, 2);
  for (const folder of seen) assert.ok(!existsSync(folder));
});

test('one piece of work does not remove the folder of another in the same process', async () => {
  await withScratchFolder(parent, async (first) => {
    await withScratchFolder(parent, async () => assert.ok(existsSync(first)));
    assert.ok(existsSync(first));
  });
});

/** The id of a process that has just ended. */
function spawnedAndEnded(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}
