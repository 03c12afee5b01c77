/**
 * A photo from its bytes to its features, as Verger does it and as it did before, in turns: `npm run bench -- photo [FILE...]`.
 *
 * Before: sharp converts by the profile, the model's graph resizes. Now: both in WebAssembly, and malloc keeps memory as
 * serverless.yml says; each side in a process of its own. Times are of the processor, so that other work on the machine
 * counts less; a ratio is the median of those of the turns.
 *
 * Photos are made (soft shapes and a sensor's grain, JPEG quality 90); those of ../shared, where it is at hand, and files
 * given are tried too. A HEIC is written where Python has pillow-heif, and decoded alike on both sides.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { seeded } from '../../functions/core/seeded.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { scene } from '../../test/fixtures/photos.ts';
import { deployedMalloc } from '../deployed-malloc.ts';
import { cosine, median } from '../measure.ts';
import { runPeer, type Skipped } from '../peers/run-peer.ts';
import type { Answer } from './side.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
/** Milliseconds of processor time that each photo gets. */
const ENOUGH = 6000;

interface Case {
  name: string;
  photo: Buffer;
  /** Of the time before, at most. */
  target?: number;
}

interface Side {
  featurize(path: string): Promise<Answer>;
  stop(): void;
}

/** Prints a line a photo: milliseconds of one core before and now, their ratio, and how near the features are. */
export async function run(files: string[]): Promise<void> {
  const { path: model, id } = await ensureModel();
  const [before, now] = [await startSide('before', model), await startSide('now', model)];
  const folder = mkdtempSync(join(tmpdir(), 'bench-photo-'));
  try {
    console.log(`photo: bytes to features by ${id}, milliseconds of one core, in turns`);
    for await (const { name, photo, target } of cases(files)) {
      const path = join(folder, 'photo');
      writeFileSync(path, photo);
      const turns = await takeTurns(path, before, now);
      const was = median(turns.map((turn) => turn.before.milliseconds));
      const is = median(turns.map((turn) => turn.now.milliseconds));
      const ratio = median(turns.map((turn) => turn.now.milliseconds / turn.before.milliseconds));
      const [one] = turns;
      const distance = one ? 1 - cosine(one.now.features, one.before.features) : Number.NaN;
      const aim = target === undefined ? '' : `, target ${target.toFixed(2)}`;
      console.log(
        `${name.padEnd(38)} ${(photo.length / 1e6).toFixed(1).padStart(5)} MB ${was.toFixed(1).padStart(7)} → ` +
          `${is.toFixed(1).padStart(6)} ms  ratio ${ratio.toFixed(2)}${aim.padEnd(14)}  ` +
          `1 − cosine ${distance.toExponential(0)}`,
      );
    }
  } finally {
    before.stop();
    now.stop();
    rmSync(folder, { recursive: true });
  }
}

async function* cases(files: string[]): AsyncGenerator<Case> {
  const twelve = await makePhoto(4032, 3024);
  yield { name: '12 megapixels, no profile', photo: await twelve.toBuffer(), target: 0.8 };
  yield { name: '12 megapixels, sRGB', photo: await twelve.withIccProfile('srgb').toBuffer(), target: 0.8 };
  const p3 = await twelve.withIccProfile('p3').toBuffer();
  yield { name: '12 megapixels, Display P3', photo: p3, target: 0.7 };
  const heic = await writeHeic(p3);
  if ('skipped' in heic) console.log(`12 megapixels, HEIC: skipped, ${heic.skipped}`);
  else yield { name: '12 megapixels, Display P3, HEIC', photo: heic, target: 1 };
  yield { name: '24 megapixels', photo: await (await makePhoto(6000, 4000)).toBuffer(), target: 0.8 };
  yield { name: '100 × 100', photo: await (await makePhoto(100, 100)).toBuffer(), target: 1 };
  const near = [firstBelow('fruits-360/sample'), firstBelow('grocery-photos/train')].flat();
  for (const file of [...near, ...files]) yield { name: basename(file), photo: readFileSync(file) };
}

/** Starts one side, and returns what featurizes the photo at a path there. */
async function startSide(side: 'before' | 'now', model: string): Promise<Side> {
  const child = fork(join(import.meta.dirname, 'side.ts'), [side, model], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...(side === 'now' && deployedMalloc('featurize')) },
    serialization: 'advanced',
  });
  await once(child, 'message');
  const featurize = async (path: string): Promise<Answer> => {
    child.send(path);
    return (await once(child, 'message'))[0];
  };
  return { featurize, stop: () => child.disconnect() };
}

/** Answers of both in every turn. Which goes first changes each time. The first turns, which compile, do not count. */
async function takeTurns(path: string, before: Side, now: Side): Promise<{ before: Answer; now: Answer }[]> {
  const turns: { before: Answer; now: Answer }[] = [];
  for (let spent = 0; spent < ENOUGH || turns.length < 8; ) {
    const isFirst = turns.length % 2 === 0;
    const first = await (isFirst ? before : now).featurize(path);
    const second = await (isFirst ? now : before).featurize(path);
    turns.push(isFirst ? { before: first, now: second } : { before: second, now: first });
    spent += first.milliseconds + second.milliseconds;
  }
  return turns.slice(2);
}

/** A photo enlarged from soft shapes, with a sensor's grain of 3 levels: some 2 MB for 12 megapixels, as telephones write. */
async function makePhoto(width: number, height: number): Promise<Sharp> {
  const small = await scene(Math.ceil(width / 12), Math.ceil(height / 12))
    .png()
    .toBuffer();
  const samples = await sharp(small).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  const random = seeded(width);
  for (let i = 0; i < samples.length; i++) {
    const grain = (random() + random() + random() - 1.5) * 6;
    samples[i] = Math.max(0, Math.min(255, Math.round(samples[i]! + grain)));
  }
  return sharp(samples, { raw: { width, height, channels: 3 } }).jpeg({ quality: 90 });
}

async function writeHeic(jpeg: Buffer): Promise<Buffer | Skipped> {
  const folder = mkdtempSync(join(tmpdir(), 'photo-heic-'));
  try {
    const [from, to] = [join(folder, 'photo.jpg'), join(folder, 'photo.heic')];
    writeFileSync(from, jpeg);
    const written = await runPeer<true>('heic.py', [from, to], { threads: 1, folder: join(folder, 'work') });
    return written === true ? readFileSync(to) : written;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function firstBelow(folder: string): string[] {
  const path = join(SHARED, folder);
  const names = existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [];
  return names
    .filter((name) => /\.jpe?g$/i.test(name))
    .slice(0, 1)
    .map((name) => join(path, name));
}
