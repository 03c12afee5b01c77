import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import sharp from 'sharp';
import { readModelId } from '../../functions/adapters/model.ts';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { encodeTinyModel } from '../tiny-model.ts';
import { makeFolder } from './folder.ts';

const model = await ensureModel();
const { dimension } = await openSession(model.path);
const root = join(import.meta.dirname, '../..');

/** Six photos of each of two kinds, by the names given, and one file that is no photo. */
async function makePhotos(): Promise<string> {
  const folder = makeFolder();
  const kinds = { 'Red + ü 1': { r: 200, g: 30, b: 30 }, 'Green 2': { r: 30, g: 160, b: 40 } };
  for (const [kind, { r, g, b }] of Object.entries(kinds)) {
    mkdirSync(join(folder, 'fruits', kind), { recursive: true });
    for (let n = 0; n < 6; n++) {
      const background = { r: r + 5 * n, g: g + 7 * n, b: b + 3 * n };
      const blob = await sharp({ create: { width: 20 + 8 * n, height: 60, channels: 3, background: '#fff' } })
        .png()
        .toBuffer();
      await sharp({ create: { width: 100, height: 100, channels: 3, background } })
        .composite([{ input: blob, left: 4 * n, top: 10 }])
        .jpeg()
        .toFile(join(folder, 'fruits', kind, `photo ${n} 100%.jpg`));
    }
  }
  writeFileSync(join(folder, 'fruits', 'Green 2', 'broken.jpg'), 'this is no photo');
  return folder;
}

function npmStart(parameters: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'local/start.ts', ...parameters], {
    cwd: root,
    env: { ...process.env, ...environment },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, output }));
  });
  return { child, ended, output: () => output };
}

test('npm start accounts for every photo and leaves a snapshot with its rows, and nothing else behind', async () => {
  const out = join(makeFolder(), 'new');
  // What the run leaves behind would lie here.
  const temporary = makeFolder();
  const parameters = ['--photos', await makePhotos(), '--out', out, '--components', '3', '--csv'];
  const { code, output } = await npmStart(parameters, { TMPDIR: temporary }).ended;
  assert.equal(code, 0, output);
  assert.match(
    output,
    /photos: 13, featurized: 12, refused: 1\n {2}unsupported-format: 1\n {4}fruits\/Green 2\/broken\.jpg: /,
  );
  assert.match(output, /3 components explain \d+\.\d % of the variance of 12 photos/);
  assert.match(output, /fruits\/Green 2\/photo 0 100%\.jpg +Green 2 +\d/);
  assert.deepEqual(whatIsLeft(temporary), []);

  const file = await asyncBufferFromFile(join(out, 'rows', 'part-00000.parquet'));
  const rows = await parquetReadObjects({ file, compressors });
  assert.equal(rows.length, 12);
  assert.deepEqual([...new Set(rows.map(({ label }) => label))], ['Green 2', 'Red + ü 1']);
  for (const row of rows) {
    assert.equal(row.features.length, dimension);
    assert.equal(row.pca_features.length, 3);
    assert.equal(row.model, model.id);
  }
  const files = [
    '_SUCCESS',
    'classifier.onnx',
    'index.bin',
    'manifest.json',
    'neighbours.parquet',
    'pca.json',
    'pca.onnx',
    'pca_features.csv',
    'report.html',
    'rows',
  ];
  assert.deepEqual(readdirSync(out).sort(), files);
  assert.deepEqual(readdirSync(join(out, 'rows')), ['part-00000.parquet']);
  assert.equal(
    JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')).counts.refused['unsupported-format'],
    1,
  );
});

test('npm start accounts for links, odd names and keys that are too long, and prints no name as it stands', async () => {
  const folder = makeFolder();
  const photos = await makePhotos();
  const forged = 'up\x1b[1A\nphotos: 99, featurized: 99';
  const long = `${'long/'.repeat(200)}`;
  mkdirSync(join(folder, long), { recursive: true });
  mkdirSync(join(folder, forged));
  const photo = readFileSync(join(photos, 'fruits/Green 2/photo 1 100%.jpg'));
  const names = [
    `${forged}/\u202egpj.jpg`,
    'two.jpg',
    `${long}${'x'.repeat(1024 - 1000)}`,
    'back\\slash.jpg',
  ];
  for (const name of [...names, `${long}${'x'.repeat(1025 - 1000)}`])
    writeFileSync(join(folder, name), photo);
  writeFileSync(Buffer.from(`${folder}/caf\xe9.jpg`, 'latin1'), photo);
  writeFileSync(join(folder, `${forged}/no\x9bphoto`), 'this is no photo');
  symlinkSync(join(photos, 'fruits'), join(folder, 'linked'));
  symlinkSync('..', join(folder, 'long/circle'));
  writeFileSync(join(folder, 'film.mov'), '');
  truncateSync(join(folder, 'film.mov'), 3 * 2 ** 30); // no bytes on disk

  const out = join(makeFolder(), 'out');
  const { code, output } = await npmStart(['--photos', folder, '--out', out, '--components', '2']).ended;
  assert.equal(code, 0, output);
  assert.match(output, /^19 photos, model /m);
  assert.match(output, /^3 files are not uploaded:$/m);
  assert.match(output, /^ {2}caf\\xe9\.jpg: its name is not UTF-8$/m);
  assert.match(output, /^ {2}long\/circle: it leads back to a folder that it lies in$/m);
  assert.match(output, /^ {2}long\/.*x: its key has 1025 bytes; the limit of S3 is 1024$/m);
  assert.match(output, /^1 file is not uploaded:\n {2}film\.mov: it has 3221225472 bytes; /m);
  assert.match(output, /^featurized: 16 of 18, refused: 2 in /m);
  assert.match(output, /^photos: 18, featurized: 16, refused: 2, not uploaded: 4$/m);
  assert.ok(output.includes('    up\\x1b[1A\\nphotos: 99, featurized: 99/no\\x9bphoto: '), output);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it is about
  assert.doesNotMatch(output.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202e]/);

  const file = await asyncBufferFromFile(join(out, 'rows', 'part-00000.parquet'));
  const rows = await parquetReadObjects({ file, compressors, columns: ['path'] });
  const paths = rows.map(({ path }) => String(path));
  for (const name of names) assert.ok(paths.includes(name), JSON.stringify(name));
  assert.equal(rows.length, 16);
});

test('npm start takes one photo by its name, onto those that are kept; the state machine makes the same snapshot, to the byte', async () => {
  const kept = { VERGER_LOCAL_DATA: join(makeFolder(), 'data') };
  const photos = await makePhotos();
  const out = join(makeFolder(), 'out');
  const first = await npmStart(['--photos', photos, '--out', out, '--keep'], kept).ended;
  assert.equal(first.code, 0, first.output);
  const one = join(photos, 'fruits/Green 2/photo 1 100%.jpg');
  const { code, output } = await npmStart(['--photos', one, '--out', out, '--keep'], kept).ended;
  assert.equal(code, 0, output);
  assert.match(output, /^photos: 1, featurized: 1, refused: 0$/m);
  const { rows } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  assert.equal(rows, 13);

  const other = join(makeFolder(), 'out');
  const parameters = ['--photos', one, '--out', other, '--keep', '--segments', '3'];
  const machine = await npmStart(parameters, kept).ended;
  assert.equal(machine.code, 0, machine.output);
  for (const name of ['rows/part-00000.parquet', 'pca.json', 'pca.onnx']) {
    assert.deepEqual(readFileSync(join(other, name)), readFileSync(join(out, name)), name);
  }
});

test('another model, of another number of features, goes all the way; its rows and others are never mixed', async () => {
  const folder = makeFolder();
  const MODEL = join(folder, 'tiny.onnx');
  writeFileSync(MODEL, encodeTinyModel());
  const id = await readModelId(MODEL);
  const out = join(folder, 'out');
  const kept = { VERGER_LOCAL_DATA: join(folder, 'data'), TMPDIR: makeFolder(), ORT_DISABLE_TELEMETRY: '' };
  const parameters = ['--photos', await makePhotos(), '--out', out, '--keep'];
  const { code, output } = await npmStart(parameters, { ...kept, MODEL }).ended;
  assert.equal(code, 0, output);
  assert.ok(output.includes(`13 photos, model ${id}, as MODEL says`), output);
  // onnxruntime would leave notes for its telemetry here.
  assert.deepEqual(
    readdirSync(kept.TMPDIR).filter((name) => !/^(tsx|node-compile-cache)/.test(name)),
    [],
  );

  const file = await asyncBufferFromFile(join(out, 'rows', 'part-00000.parquet'));
  const rows = await parquetReadObjects({ file, compressors });
  assert.equal(rows.length, 12);
  for (const row of rows) {
    assert.equal(row.features.length, 3);
    assert.equal(row.pca_features.length, 3); // the default, 64, is more than there can be
    assert.equal(row.model, id);
  }
  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  assert.equal(decodeModelMetadata(readFileSync(join(out, 'pca.onnx'))).features, id);
  for (const name of ['manifest.json', 'pca.json']) assert.equal(JSON.parse(read(name)).model, id, name);
  assert.ok(read('report.html').includes(`by <code>${id}</code>`));
  const { dimension, warnings } = JSON.parse(read('manifest.json'));
  assert.deepEqual({ dimension, warnings }, { dimension: 3, warnings: [] });

  const more = makeFolder();
  writeFileSync(
    join(more, 'more.png'),
    await sharp(Buffer.alloc(300), { raw: { width: 10, height: 10, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const mixed = await npmStart(['--photos', more, '--out', out, '--keep'], { ...kept, MODEL: 'fruit' }).ended;
  assert.equal(mixed.code, 1);
  assert.match(mixed.output, /reduce failed: the table holds features of 2 models/);
  assert.ok(mixed.output.includes(`${id} (12 photos)`), mixed.output);
  assert.match(mixed.output, /verger_fruit_mobilenetv2_1\.0_224@[0-9a-f]{12} \(1 photos\)/);
  // The snapshot of before is still there, and whole.
  assert.equal(JSON.parse(read('manifest.json')).model, id);
});

test('a model that breaks the contract is refused by npm start before anything is uploaded', async () => {
  const folder = makeFolder();
  const MODEL = join(folder, 'floats.onnx');
  writeFileSync(
    MODEL,
    encodeTinyModel({ inputs: [{ name: 'image', type: 'float', dims: [1, 'H', 'W', 3] }] }),
  );
  const { code, output } = await npmStart(['--photos', await makePhotos(), '--out', folder], { MODEL }).ended;
  assert.equal(code, 1);
  assert.equal(
    output.trim(),
    `model ${MODEL} should take image: uint8 [1,H,W,3] of any H and W and nothing else, ` +
      'takes image: float32 [1,H,W,3]',
  );
});

test('npm start fails where every photo is refused, and prints why as it does in a good run', async () => {
  const photos = makeFolder();
  writeFileSync(join(photos, 'broken.jpg'), 'this is no photo');
  writeFileSync(join(photos, 'empty.jpg'), '');
  const out = makeFolder();
  const { code, output } = await npmStart(['--photos', photos, '--out', out]).ended;
  assert.equal(code, 1);
  assert.match(output, /^featurized: 0 of 2, refused: 2 in [\d.]+ s$/m);
  assert.match(output, /^photos: 2, featurized: 0, refused: 2$/m);
  assert.match(
    output,
    /^ {2}unsupported-format: 1\n {4}broken\.jpg: The photo is text: upload the photo itself\.$/m,
  );
  assert.match(output, /^ {2}empty: 1\n {4}empty\.jpg: .*0 bytes/m);
  assert.match(output, /reduce failed: .*photos/);
  assert.deepEqual(readdirSync(out), []);
});

// What these wait for takes a second on a quiet machine, and minutes on a busy one.
const patient = { timeout: 300_000 };

test(
  'npm start stops its stack and leaves nothing when it is interrupted, however often',
  patient,
  async () => {
    const out = makeFolder();
    const temporary = makeFolder();
    const run = npmStart(['--photos', await makePhotos(), '--out', out], { TMPDIR: temporary });
    const lock = () =>
      readdirSync(temporary)
        .map((name) => join(temporary, name, 'data', 'lock'))
        .find(existsSync);
    while (lock() === undefined) {
      assert.equal(run.child.exitCode, null, run.output());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const stack = Number(readFileSync(lock()!, 'utf8'));
    for (let times = 0; times < 3; times++) {
      run.child.kill('SIGINT');
      await pause();
    }
    const { code, output } = await run.ended;
    assert.equal(code, 130);
    assert.throws(() => process.kill(stack, 0), { code: 'ESRCH' });
    assert.doesNotMatch(output, /output is in/);
    assert.deepEqual(whatIsLeft(temporary), []);
  },
);

test('npm start | head ends in silence and leaves nothing, its stack neither', patient, async () => {
  const temporary = makeFolder();
  const run = npmStart(['--photos', await makePhotos(), '--out', makeFolder()], { TMPDIR: temporary });
  run.child.stdout.once('data', () => run.child.stdout.destroy());
  const { code, output } = await run.ended;
  assert.equal(code, 141, output);
  assert.match(output, /^13 photos, model .*\n(starting .*\n)?$/);
  assert.deepEqual(whatIsLeft(temporary), []);
});

test('npm start -- --keep goes on where it was killed, and uploads nothing again', patient, async () => {
  const [data, temporary, out] = [join(makeFolder(), 'data'), makeFolder(), makeFolder()];
  const parameters = ['--photos', await makePhotos(), '--out', out, '--keep'];
  const environment = { VERGER_LOCAL_DATA: data, TMPDIR: temporary };
  /** Sequencers of the photos stored, by key: another upload would bring another. */
  const stored = () => {
    const path = join(data, 's3', 'verger-dev-photos-local', 'index.jsonl');
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    const entries = lines.map((line) => JSON.parse(line) as { key?: string; sequencer: string });
    return new Map(entries.flatMap(({ key, sequencer }) => (key ? [[key, sequencer] as const] : [])));
  };
  const killed = npmStart(parameters, environment);
  while (stored().size < 4) {
    assert.equal(killed.child.exitCode, null, killed.output());
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  killed.child.kill('SIGKILL');
  await killed.ended;
  while (isHeld(data)) await pause();
  const before = stored();

  const second = await npmStart(parameters, environment).ended;
  assert.equal(second.code, 0, second.output);
  assert.match(second.output, /featurized: 12 of 13, refused: 1 in/);
  assert.match(second.output, /photos: 13, featurized: 12, refused: 1/);
  const after = stored();
  assert.equal(after.size, 13);
  for (const [key, sequencer] of before) assert.equal(after.get(key), sequencer, `${key} was uploaded again`);

  const third = await npmStart(parameters, environment).ended;
  assert.equal(third.code, 0, third.output);
  assert.match(third.output, /featurized: 12 of 13, refused: 1 in/);
  assert.deepEqual(stored(), after);
  assert.deepEqual(whatIsLeft(temporary), []);
});

function whatIsLeft(temporary: string): string[] {
  return readdirSync(temporary).filter((name) => !/^(tsx|node-compile-cache)/.test(name));
}

/** The stack of a killed run ends by itself. */
function isHeld(data: string): boolean {
  try {
    process.kill(Number(readFileSync(join(data, 'lock'), 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

async function pause(): Promise<true> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return true;
}
