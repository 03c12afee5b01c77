import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeRunFolder } from '../../local/run/run-folder.ts';
import { makeFolder } from './folder.ts';

process.env.TMPDIR = makeFolder();

/** The id of a process that has ended. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

function leave(name: string, holder: number | undefined): string {
  const folder = join(process.env.TMPDIR ?? '', name);
  mkdirSync(join(folder, 'data'), { recursive: true });
  if (holder !== undefined) writeFileSync(join(folder, 'lock'), String(holder));
  return folder;
}

test('a run has a folder that nobody else can read, which goes with it', () => {
  const { data, log, remove } = makeRunFolder();
  const folder = join(log, '..');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  mkdirSync(data);
  writeFileSync(log, 'output');
  remove('nothing');
  assert.equal(existsSync(folder), false);
});

test('where something failed the log stays, and the data do not', () => {
  const { data, log, remove } = makeRunFolder();
  mkdirSync(data);
  writeFileSync(log, 'output');
  remove('log');
  assert.deepEqual([existsSync(log), existsSync(data)], [true, false]);
  makeRunFolder().remove('nothing');
  assert.ok(existsSync(log), 'the next run has taken away what somebody is to read');
});

test('what a killed run left is removed by the next, and nothing else', () => {
  const killed = leave('verger-run-killed', endedProcess());
  const running = leave('verger-run-running', process.ppid);
  const failed = leave('verger-run-failed', undefined);
  const other = leave('other', endedProcess());
  makeRunFolder().remove('nothing');
  assert.deepEqual([killed, running, failed, other].map(existsSync), [false, true, true, true]);
});
