/** `npm run identify`: its command line, its figures, and its answers about real photos by a snapshot in a folder. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openSession } from '../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import type { Identification } from '../../functions/core/identify/identify.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { parseIdentifyOptions, USAGE } from '../../local/identify/options.ts';
import { describeScore, type Judged, scoreOf } from '../../local/identify/score.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { featurized, portsFor, reduceAsAsked, tableOf } from '../core/reduce-fixture.ts';
import { makeFolder } from './folder.ts';

const ROOT = join(import.meta.dirname, '../..');
const SAMPLES = join(ROOT, 'samples');

/** A photo of `label`, answered with labels of the probabilities. */
function judged(label: string, answered: Record<string, number>, known = true): Judged {
  const candidates = Object.entries(answered).map(([label, probability]) => ({ label, probability }));
  return { label, found: { candidates, confidence: candidates[0]!.probability, known } };
}

const CONFUSION = [
  judged('Apple', { Apple: 0.9, Kiwi: 0.1 }),
  judged('Apple', { Apple: 0.85, Kiwi: 0.15 }),
  judged('Apple', { Kiwi: 0.6, Apple: 0.4 }),
  judged('Kiwi', { Kiwi: 0.55, Apple: 0.45 }),
  judged('Kiwi', { Apple: 0.8, Kiwi: 0.2 }),
  judged('Plum', { Apple: 0.3, Kiwi: 0.3 }, false),
];

test('a score is what counting by hand gives', () => {
  const { macro, calibrationError, ...shares } = scoreOf(CONFUSION, ['Apple', 'Kiwi']);
  assert.deepEqual(shares, {
    photos: 6,
    unknownLabels: 1,
    top1: 3 / 6,
    top5: 5 / 6,
    covered: 3 / 6, // 0.9, 0.85 and, just so, 0.8
    coveredRight: 2 / 3,
    known: 5 / 6,
  });
  // Of Apple 2 of 3, of Kiwi 1 of 2, of Plum none of 1.
  assert.ok(Math.abs(macro - (2 / 3 + 1 / 2 + 0) / 3) < 1e-15);
  // By tenths: 0.9 with 1 right, 0.85 + 0.8 with 1, 0.6 with 0, 0.55 with 1, 0.3 with 0.
  assert.ok(Math.abs(calibrationError - (0.1 + 0.65 + 0.6 + 0.45 + 0.3) / 6) < 1e-12);
});

test('a score is told in five lines', () => {
  assert.deepEqual(describeScore(scoreOf(CONFUSION, ['Apple', 'Kiwi'])).split('\n'), [
    '6 photos, 1 of labels that the snapshot does not know',
    'top-1 50.0 %   top-5 83.3 %   mean over labels 38.9 %',
    'calibration error 0.350',
    'confidence of 0.8 or more: 50.0 % of photos, of which 66.7 % are right',
    'taken for a known kind: 83.3 %',
  ]);
  assert.match(describeScore(scoreOf([], [])), /^0 photos, 0 of labels .*\ntop-1 0\.0 %/);
});

test('the command line says what it does not understand', () => {
  assert.equal(parseIdentifyOptions(['--help']), undefined);
  assert.deepEqual(parseIdentifyOptions(['--snapshot', '/s', '--json', '--views', '7', '/a.jpg', '/b']), {
    snapshot: '/s',
    json: true,
    expectLabels: false,
    views: 7,
    photos: ['/a.jpg', '/b'],
  });
  for (const [words, message] of [
    [[], /^npm run identify needs a photo or a folder/],
    [['--views', '3', 'a.jpg'], /^views should be 1 or 7, is 3/],
    [['--labels', 'a.jpg'], /^Unknown option '--labels'/],
  ] as const) {
    assert.throws(() => parseIdentifyOptions([...words]), { code: 'INVALID_REQUEST', message });
  }
  assert.match(USAGE, /--expect-labels/);
});

/** A snapshot of samples of two kinds, as `npm start` leaves one. */
async function snapshotFolder(): Promise<string> {
  const { path } = await ensureModel();
  const session = await openSession(path);
  const items = [];
  for (const label of ['Kiwi', 'Lemon']) {
    for (const name of ['000', '002', '004', '006', '008', '010']) {
      const key = `${label}/${name}.jpg`;
      const limits = { maxBytes: 1e6, maxPixels: 1e6 };
      const { pixels } = await decodePhoto(readFileSync(join(SAMPLES, key)), limits);
      const features = (await session.run(pixels)).slice();
      items.push(featurized(1, 1, { key, label, model: session.model, features }));
    }
  }
  const ports = portsFor(makeFolder(), { features: tableOf(items), products: createMatrixProducts() });
  const { manifest } = await reduceAsAsked(ports, { components: 2 });
  const out = makeFolder();
  for (const [key, bytes] of ports.snapshots.files) {
    const name = key.replace(dirname(manifest), '').replace(/^rows\/[^/]+/, 'rows');
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), bytes);
  }
  return out;
}

test('photos are answered line by line, and how often their folders were found is told beside', async () => {
  const out = await snapshotFolder();
  const photos = ['Kiwi/001.jpg', 'Kiwi/003.jpg', 'Lemon/001.jpg', 'Banana/001.jpg'].map((name) =>
    join(SAMPLES, name),
  );
  const broken = join(out, 'Lemon');
  mkdirSync(broken);
  writeFileSync(join(broken, 'broken.jpg'), readFileSync(photos[0]!).subarray(0, 900));
  const identify = (...words: string[]) =>
    promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', 'local/identify.ts', '--snapshot', out, ...words],
      {
        cwd: ROOT,
      },
    );
  const huge = join(broken, 'huge.jpg'); // more than can be read at once, and no bytes on disk
  writeFileSync(huge, '');
  truncateSync(huge, 3 * 2 ** 30);
  symlinkSync('nowhere', join(broken, 'link.jpg'));
  const { stdout, stderr } = await identify('--json', '--expect-labels', ...photos, broken);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Identification & { photo: string; refused?: string });
  assert.deepEqual(
    lines.map(({ photo }) => photo),
    [...photos, join(broken, 'broken.jpg'), huge],
  );
  assert.deepEqual(
    lines.slice(0, 3).map(({ candidates }) => candidates[0]?.label),
    ['Kiwi', 'Kiwi', 'Lemon'],
  );
  assert.equal(lines[0]?.neighbours.length, 5);
  assert.deepEqual([lines[4]?.refused, lines[5]?.refused], ['corrupt', 'unreadable']);
  assert.match(stderr, /^1 file is left out:\n {2}link\.jpg: it leads nowhere$/m);
  assert.match(
    stderr,
    /^4 photos, 1 of labels that the snapshot does not know$/m,
    'a refused one is not among them',
  );
  assert.match(stderr, /^top-1 75\.0 % {3}top-5 75\.0 % {3}mean over labels 66\.7 %$/m);

  const told = await identify(photos[0]!);
  assert.match(told.stdout, /samples\/Kiwi\/001\.jpg: .*Kiwi.*; most like Kiwi/);
  assert.equal(told.stderr, '', 'of one photo there is no progress to tell');
});

test('a folder without a snapshot is an error that says what makes one', async () => {
  const folder = makeFolder();
  const running = promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'local/identify.ts', '--snapshot', folder, join(SAMPLES, 'Kiwi/001.jpg')],
    { cwd: ROOT },
  );
  await assert.rejects(running, ({ code, stderr }: { code: number; stderr: string }) => {
    assert.equal(
      stderr,
      `there is no snapshot in ${folder} (--snapshot): npm start -- --photos DIR makes one\n`,
    );
    return code === 1;
  });
});
