/**
 * A photo from its bytes to its features, as Verger does it and as it did before, in turns: `npm run bench -- photo [FILE...]`.
 *
 * Before: sharp converts by the profile, the model's graph resizes. Now: both in WebAssembly. Times are of the processor, so
 * that other work on the machine counts less; a ratio is the median of those of the turns.
 *
 * Photos are made (soft shapes and a sensor's grain, JPEG quality 90); those of ../shared, where it is at hand, and files
 * given are tried too. A HEIC is written where Python has pillow-heif, and decoded alike on both sides.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp, { type Sharp } from 'sharp';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { decodePixels } from '../../functions/core/photo/photo-decoder.ts';
import { recognizeFormat } from '../../functions/core/photo/photo-header.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { scene, uniform } from '../../test/fixtures/photos.ts';
import { cosine, median, processorMilliseconds } from '../measure.ts';
import { runPeer, type Skipped } from '../peers/run-peer.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const NO_LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: Number.MAX_SAFE_INTEGER };
/** Milliseconds of processor time that each photo gets. */
const ENOUGH = 6000;

interface Case {
  name: string;
  photo: Buffer;
  /** Of the time before, at most. */
  target?: number;
}

type Featurize = (photo: Buffer) => Promise<Float32Array>;

/** Prints a line a photo: milliseconds of one core before and now, their ratio, and how near the features are. */
export async function run(files: string[]): Promise<void> {
  const { path, id } = await ensureModel();
  const [before, now] = [await startBefore(path), await startNow(path)];
  console.log(`photo: bytes to features by ${id}, milliseconds of one core, in turns`);
  for await (const { name, photo, target } of cases(files)) {
    const [found, expected] = [await now(photo), await before(photo)];
    const turns = await takeTurns([() => before(photo), () => now(photo)]);
    const [was, is, ratio] = [
      median(turns.map(([a]) => a)),
      median(turns.map(([, b]) => b)),
      median(turns.map(([a, b]) => b / a)),
    ];
    const aim = target === undefined ? '' : `, target ${target.toFixed(2)}`;
    console.log(
      `${name.padEnd(38)} ${(photo.length / 1e6).toFixed(1).padStart(5)} MB ${was.toFixed(1).padStart(7)} → ` +
        `${is.toFixed(1).padStart(6)} ms  ratio ${ratio.toFixed(2)}${aim.padEnd(14)}  ` +
        `1 − cosine ${(1 - cosine(found, expected)).toExponential(0)}`,
    );
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

/** As before: a JPEG whose profile is sRGB was not converted either. */
async function startBefore(path: string): Promise<Featurize> {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async (photo) => {
    const isJpeg = recognizeFormat(photo) === 'jpeg';
    const ignoreIcc = isJpeg && isSrgb(photo);
    const decoding = { maxPixels: NO_LIMITS.maxPixels, ignoreIcc };
    const pixels = isJpeg
      ? await decodePixels(photo, decoding)
      : (await decodePhoto(photo, NO_LIMITS)).pixels;
    const image = new Tensor('uint8', pixels.data, [1, pixels.height, pixels.width, 3]);
    const { features } = await session.run({ image }, ['features']);
    return features?.data as Float32Array;
  };
}

async function startNow(path: string): Promise<Featurize> {
  const session = await openSession(path);
  return async (photo) => session.run((await decodePhoto(photo, NO_LIMITS)).pixels);
}

/** By the name that libvips' own profile has. */
function isSrgb(jpeg: Buffer): boolean {
  return jpeg.subarray(0, 1000).includes(Buffer.from('sRGB', 'utf16le').swap16());
}

/**
 * Milliseconds of both in every turn. Which goes first changes each time: garbage is collected after every second large
 * photo, and would always be after the same. The first turns, which compile, do not count.
 */
async function takeTurns(
  works: [() => Promise<unknown>, () => Promise<unknown>],
): Promise<[number, number][]> {
  const turns: [number, number][] = [];
  for (let spent = 0; spent < ENOUGH || turns.length < 8; ) {
    const turn: [number, number] = [0, 0];
    for (const i of turns.length % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      turn[i] = await time(works[i]);
      spent += turn[i];
    }
    turns.push(turn);
  }
  return turns.slice(2);
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  return processorMilliseconds(start);
}

/** A photo enlarged from soft shapes, with a sensor's grain of 3 levels: some 2 MB for 12 megapixels, as telephones write. */
async function makePhoto(width: number, height: number): Promise<Sharp> {
  const small = await scene(Math.ceil(width / 12), Math.ceil(height / 12))
    .png()
    .toBuffer();
  const samples = await sharp(small).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  const random = uniform(width);
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
