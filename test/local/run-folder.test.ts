import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeRunFolder } from '../../local/run/run-folder.ts';
import { lockFolder } from '../../local/stack/folder-lock.ts';
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

test('a lock that a full disk took without its number holds nothing', () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'lock'), '');
  lockFolder(folder);
  assert.equal(readFileSync(join(folder, 'lock'), 'utf8'), String(process.pid));
});

test('a run that can have no folder leaves none', (t) => {
  const before = readdirSync(process.env.TMPDIR ?? '');
  const full = t.mock.method(fs, 'writeFileSync', () => {
    throw new Error('ENOSPC: no space left on device, write');
  });
  syncBuiltinESMExports();
  assert.throws(makeRunFolder, /cannot hold the local stack's data: ENOSPC: no space left on device, write$/);
  full.mock.restore();
  syncBuiltinESMExports();
  assert.deepEqual(readdirSync(process.env.TMPDIR ?? ''), before);
});
