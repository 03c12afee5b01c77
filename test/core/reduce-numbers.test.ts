/** What a reduce hands on from phase to phase, in ranges of a few rows, so that each sum can be checked by hand. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parquetReadObjects } from 'hyparquet';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments, joinMoments } from '../../functions/core/pca/moments.ts';
import type { ReducePorts } from '../../functions/core/reduce/phase.ts';
import { runPhase } from '../../functions/core/reduce/run-phase.ts';
import type { Seen } from '../../functions/core/review/seen.ts';
import { encodeArrays } from '../../functions/core/spool/arrays.ts';
import { MemoryWork } from '../memory.ts';
import { featurized, MODEL, portsFor, reduceAsAsked, refused, shuffled, tableOf } from './reduce-fixture.ts';
import { reduceInPhases } from './reduce-phases.ts';

const folder = mkdtempSync(join(tmpdir(), 'verger-test-'));
after(() => rmSync(folder, { recursive: true }));

/** Where Linux lists the files that a process has open. */
const OPEN = '/proc/self/fd';

const D = 3;
const photos = Array.from({ length: 45 }, (_, index) => featurized(index, D));
const sorted = photos.toSorted((a, b) => (a.key < b.key ? -1 : 1));
/** Three ranges, of 20, 20 and 5 rows. */
const tree = { partRows: 10, rangeParts: 2 };

function ports(changes: Parameters<typeof portsFor>[1] = {}) {
  return portsFor(folder, { features: tableOf(shuffled(photos, 3)), tree, ...changes });
}

const parsed = (work: MemoryWork, name: string) => JSON.parse(Buffer.from(work.files.get(name)!).toString());

test('a range is the merge of its parts in order: its moments have these very bits', async () => {
  const work = new MemoryWork();
  await reduceInPhases(ports(), work, { components: 2, segments: 2 });
  for (const [range, parts] of [[0, 10], [20, 30], [40]].entries()) {
    const whole = emptyMoments(MODEL, D);
    for (const from of parts) {
      const rows = sorted.slice(from, from + 10);
      const part = emptyMoments(MODEL, D);
      const features = Float32Array.from(rows.flatMap((row) => [...row.features]));
      await addRows(part, features, rows.length, plainMatrixProducts);
      joinMoments(whole, part);
    }
    const { mean, meanRest, scatter, ...head } = whole;
    const assembled = parsed(work, `assemble/0000${range}.json`);
    const expected = Buffer.concat([...encodeArrays(head, { mean, meanRest, scatter })]);
    assert.deepEqual(Buffer.from(work.files.get(assembled.moments)!), expected, `range ${range}`);
    const rows = sorted.slice(20 * range, 20 * range + 20);
    assert.deepEqual([assembled.first, assembled.last], [rows[0]!.key, rows.at(-1)!.key]);
    const labels = rows.map(({ label }) => label ?? null);
    const counts = [...new Set(labels)].map((label) => [label, labels.filter((one) => one === label).length]);
    assert.deepEqual(assembled.labels, counts);
  }
});

test('pca_features.csv has every row once and in order below one header, and formulas as text only for spreadsheets', async () => {
  const formula = featurized(99, D, { key: '=1+1.jpg', label: '=1+1' });
  const features = tableOf([...photos, formula]);
  const pathsOf = async (csv: unknown) => {
    const { snapshots, ...rest } = ports({ features });
    const { manifest } = await reduceAsAsked({ ...rest, snapshots }, { components: 2, csv });
    const bytes = snapshots.files.get(manifest.replace('manifest.json', 'pca_features.csv'));
    return bytes && Buffer.from(bytes).toString().trimEnd().split('\r\n');
  };
  const [header, ...lines] = (await pathsOf(true))!;
  assert.equal(header, 'path,label,pca0,pca1');
  const expected = ['=1+1.jpg,=1+1', ...sorted.map(({ key, label }) => `${key},${label ?? ''}`)];
  assert.deepEqual(
    lines.map((line) => line.split(',', 2).join()),
    expected,
  );
  assert.ok(lines.every((line) => line.split(',').slice(2).map(Number).filter(Number.isFinite).length === 2));
  const [, first] = (await pathsOf('spreadsheet'))!;
  assert.equal(first, lines[0]!.replaceAll('=', "'="));
  assert.equal(await pathsOf(false), undefined);
});

test('of more photos than are compared, the same are, at even distances, whatever ranges they lie in', async () => {
  const compared = async (ranges: typeof tree) => {
    const { snapshots, ...rest } = ports({ tree: ranges, mostCompared: 12 });
    const { manifest } = await reduceAsAsked({ ...rest, snapshots }, { components: 2 });
    const bytes = snapshots.files.get(manifest.replace('manifest.json', 'neighbours.parquet'))!;
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return [...new Set((await parquetReadObjects({ file })).map(({ path }) => path))];
  };
  const one = await compared({ partRows: 10, rangeParts: 5 });
  assert.equal(one.length, 12);
  // Two of each label, the later of each half of its photos.
  const ofLabel = (label: string) => sorted.filter((photo) => photo.label === label);
  const ofKind = (kind: number) =>
    one.filter((key) => ofLabel(`Kind ${kind}`).some((photo) => photo.key === key));
  for (const kind of [0, 1, 2, 3, 4]) {
    const rows = ofLabel(`Kind ${kind}`).map(({ key }) => key);
    assert.deepEqual(ofKind(kind), [rows[Math.ceil(rows.length / 2) - 1], rows.at(-1)]);
  }
  assert.deepEqual(await compared(tree), one);
});

test('the report lists the first hundred refused photos by key, whichever task met them', async () => {
  const broken = Array.from({ length: 450 }, (_, index) => {
    return refused(`broken/${String(index).padStart(3, '0')}.jpg`, 'corrupt');
  });
  const seen: Seen[] = [];
  const report = (...[, one]: Parameters<NonNullable<ReducePorts['report']>>) => {
    seen.push(one);
    return '';
  };
  const changes = { features: tableOf(shuffled([...photos, ...broken], 5)), report };
  await reduceAsAsked(ports(changes), { components: 2 });
  await reduceInPhases(ports(changes), new MemoryWork(), { components: 2, segments: 3 });
  const first = broken.slice(0, 100).map(({ key }) => ({ key, reason: 'corrupt', detail: 'made up' }));
  assert.deepEqual(
    seen.map(({ refused }) => refused),
    [first, first],
  );
});

test('tasks that find no photo of which there are features change nothing', async () => {
  const features = tableOf([refused('broken.jpg', 'corrupt'), ...photos.slice(0, 3)]);
  const { rows, counts, current } = await reduceInPhases(ports({ features }), new MemoryWork(), {
    segments: 4,
  });
  assert.deepEqual(
    { rows, counts, current },
    {
      rows: 3,
      counts: { used: 3, refused: { corrupt: 1 }, erased: 0 },
      current: true,
    },
  );
});

test('the times of a snapshot are those of all its tasks, by step, and its own', async () => {
  let time = 0;
  const clock = { now: () => (time += 1) };
  const work = new MemoryWork();
  const { milliseconds } = await reduceInPhases(ports({ clock }), work, { components: 2, segments: 2 });
  const sums: Record<string, number> = {};
  for (const [name, bytes] of work.files) {
    if (!name.endsWith('.json') || name === 'publish.json') continue;
    const task = JSON.parse(Buffer.from(bytes).toString()).milliseconds ?? {};
    for (const [step, value] of Object.entries(task)) sums[step] = (sums[step] ?? 0) + Number(value);
  }
  const { classify, compare, arrange, ...others } = milliseconds;
  const { classify: fitted = 0, ...tasks } = sums;
  assert.deepEqual(others, tasks);
  assert.ok(Object.keys(tasks).length === 6 && Object.values(tasks).every((value) => value > 0));
  assert.ok(fitted > 0 && classify! > fitted && compare! > 0 && arrange! > 0, `${classify} of ${fitted}`);
});

test('a phase that is asked for again answers as before and does nothing', async () => {
  const work = new MemoryWork();
  const all = ports();
  const result = await reduceInPhases(all, work, { components: 2, segments: 2 });
  const away = () => assert.fail('something is done again');
  const idle = {
    ...all,
    features: { ...all.features, scan: away },
    snapshots: { ...all.snapshots, write: away },
    workOf: () => ({ write: away, commit: away, read: work.read.bind(work) }),
  } as unknown as Parameters<typeof runPhase>[0];
  const run = result.snapshot;
  for (const phase of ['gather', 'assemble', 'project'] as const) {
    assert.deepEqual(await runPhase(idle, { phase, run, task: 1 }), { task: 1 });
  }
  assert.deepEqual(await runPhase(idle, { phase: 'split', run }), { ranges: [0, 1, 2] });
  assert.deepEqual(await runPhase(idle, { phase: 'fit', run }), {});
  assert.deepEqual(await runPhase(idle, { phase: 'publish', run }), result);
});

test('a table is read by a task for each 131,072 items it is thought to have, one at least and 8,000 at most', async () => {
  const options = (segments?: number) => ({ phase: 'plan', options: {}, segments }) as never;
  for (const [items, segments, expected] of [
    [0, undefined, 1],
    [131_072, undefined, 1],
    [131_073, undefined, 2],
    [1e12, undefined, 8000],
    [131_073, 5, 5],
  ] as const) {
    const features = { count: async () => items } as ReducePorts['features'];
    const all = { ...ports(), features, workOf: () => new MemoryWork() };
    const answer = await runPhase(all, options(segments));
    assert.deepEqual(answer, {
      run: '20260102T030405.000Z-a1',
      gathers: Array.from({ length: expected }, (_, task) => task),
    });
  }
  const gone = runPhase({ ...ports(), workOf: () => new MemoryWork() }, { phase: 'plan', resume: 'gone' });
  await assert.rejects(gone, {
    code: 'INVALID_REQUEST',
    message: /^there are no work files of a run gone; /,
  });
});

test('no file stays open', { skip: existsSync(OPEN) ? false : `needs ${OPEN}` }, async () => {
  await reduceAsAsked(ports(), { components: 2, csv: true });
  await reduceInPhases(ports(), new MemoryWork(), { components: 2, csv: true });
  const open = readdirSync(OPEN).map((file) => {
    try {
      return readlinkSync(join(OPEN, file));
    } catch {
      return ''; // closed meanwhile: that of the list itself
    }
  });
  assert.deepEqual(
    open.filter((path) => path.startsWith(folder)),
    [],
  );
});

test('what the log tells of a reduce, from first to last', async () => {
  const all = ports({ features: tableOf([...photos.slice(0, 3), refused('broken.jpg', 'corrupt')]) });
  const result = await reduceAsAsked(all, { components: 3 });
  const counts = { used: 3, refused: { corrupt: 1 }, erased: 0 };
  const [warning] = result.warnings;
  assert.match(warning ?? '', /3 components were asked for and 2 fitted/);
  assert.deepEqual(
    all.log.entries.filter(({ event }) => event.startsWith('reduce')),
    [
      { level: 'INFO', event: 'reduce-paged', model: MODEL, ...counts },
      { level: 'INFO', event: 'reduce-fitted', components: 2 },
      { level: 'WARN', event: 'reduce-warning', warning },
      { level: 'INFO', event: 'reduce-compared', photos: 3, byPixels: 0 },
      { level: 'INFO', event: 'reduce', ...result },
    ],
  );
});
