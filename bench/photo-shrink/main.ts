/**
 * What shrinking a JPEG while decoding would save, and how far it would move the features:
 * `npm run bench -- photo-shrink FILE_OR_FOLDER...`, or
 * `npm run bench -- photo-shrink [width height] [photos] [grain]` for made ones.
 *
 * Of files and folders, pictures of 8 megapixels and more are tried, each in a line of its own; PNG and WebP are
 * written as JPEG at quality 90 first. Made photos (12 megapixels unless told) come from ../shared/grocery-photos:
 * enlarged ones in turn with mosaics, with a sensor's grain (standard deviation in levels: 2 as by daylight unless
 * told, 6 as in a dim shop), at JPEG quality 90.
 *
 * Each photo is decoded whole, as `decodePhoto` does, and at every factor that libjpeg knows, and featurized on one
 * thread; features are compared with those of the whole photo by cosine. For scale, so are those of the whole
 * photo with every sample moved by −1, 0 or +1 level, which is less than a sensor's noise. Features of the halved
 * photo are also compared with those of the same halved once more: whether that tells if halving was harmless.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import type { Pixels, Session } from '../../functions/core/ports.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { cosine, median, processorMilliseconds } from '../measure.ts';

const GROCERIES = join(import.meta.dirname, '../../../shared/grocery-photos/train');
const LARGE = 8e6;
const NO_LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: Number.MAX_SAFE_INTEGER };

/** Milliseconds of processor time, so that other work on the machine does not count. */
interface Trial {
  decoding: number;
  inference: number;
  cosine: number;
}
type Parts = [name: string, decode: () => Promise<Pixels>, reference: Float32Array];
const trials = new Map<string, Trial[]>();
const random = seeded(1);

/** Prints a line for each file given, and a table of all photos. */
export async function run(args: string[]): Promise<void> {
  const session = await openSession((await ensureModel()).path);
  await session.run(await decodeWhole(await sharp({ create: blank() }).jpeg().toBuffer())); // code compiled, memory had
  if (args.some((arg) => existsSync(arg))) {
    for (const path of args.flatMap(pictures)) await tryPicture(session, path);
  } else if (existsSync(GROCERIES)) {
    await tryMade(session, args.map(Number));
  } else {
    console.log('photo-shrink: needs photos: ../shared, or files and folders after its name');
    return;
  }
  console.log('Milliseconds of one core are medians.');
  console.table(Object.fromEntries([...trials].map(([name, of]) => [name, summarize(of)])));
}

async function tryMade(
  session: Session,
  [width = 4032, height = 3024, photos = 24, deviation = 2]: number[],
): Promise<void> {
  const files = readdirSync(GROCERIES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.jpe?g$/i.test(name))
    .sort();
  console.log(`${photos} made JPEGs of ${width} × ${height}, grain ${deviation}`);
  for (let i = 0; i < photos; i++)
    await tryPhoto(session, await makePhoto(i, files, width, height, deviation));
}

/** JPEG, PNG and WebP files of a folder and all below it, or the one file. */
function pictures(path: string): string[] {
  if (statSync(path).isDirectory())
    return readdirSync(path)
      .sort()
      .flatMap((name) => pictures(join(path, name)));
  return /\.(jpe?g|png|webp)$/i.test(path) ? [path] : [];
}

async function tryPicture(session: Session, path: string): Promise<void> {
  const file = readFileSync(path);
  const picture = sharp(file, { limitInputPixels: false });
  const { format, width, height } = await picture.metadata();
  if (width * height < LARGE) return;
  const jpeg =
    format === 'jpeg'
      ? file
      : await picture.flatten({ background: 'white' }).jpeg({ quality: 90 }).toBuffer();
  await tryPhoto(session, jpeg, basename(path));
}

async function tryPhoto(session: Session, jpeg: Buffer, name?: string): Promise<void> {
  const tryOut = (...trial: Parts) => tryDecoder(session, ...trial);
  const whole = await decodeWhole(jpeg);
  const reference = Float32Array.from(await session.run(whole));
  const folder = mkdtempSync(join(tmpdir(), 'photo-shrink-'));
  try {
    const path = join(folder, 'photo.jpg');
    writeFileSync(path, jpeg);
    const line = [await tryOut('whole', () => decodeWhole(jpeg), reference)];
    for (const shrink of [2, 4, 8]) {
      line.push(await tryOut(`shrunk by ${shrink}`, () => decodeShrunk(path, shrink), reference));
    }
    const halved = await decodeShrunk(path, 2);
    const ofHalved = Float32Array.from(await session.run(halved));
    line.push(await tryOut('halved : halved again', async () => halve(halved), ofHalved));
    line.push(await tryOut('±1 on every sample', async () => withNoise(whole), reference));
    if (name) report(name, whole, jpeg.length, line);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function decodeWhole(jpeg: Uint8Array): Promise<Pixels> {
  return (await decodePhoto(jpeg, NO_LIMITS)).pixels;
}

/** A file's name tells libvips how far to shrink; sharp itself does it only as part of a larger resize. */
async function decodeShrunk(path: string, shrink: number): Promise<Pixels> {
  const photo = sharp(`${path}[shrink=${shrink}]`, { limitInputPixels: false, autoOrient: true });
  const { data, info } = await photo
    .flatten({ background: 'white' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function tryDecoder(session: Session, ...[name, decode, reference]: Parts): Promise<Trial> {
  const start = process.cpuUsage();
  const pixels = await decode();
  const decoding = processorMilliseconds(start);
  const features = await session.run(pixels);
  const inference = processorMilliseconds(start) - decoding;
  const trial = { decoding, inference, cosine: cosine(features, reference) };
  trials.set(name, [...(trials.get(name) ?? []), trial]);
  return trial;
}

/** Even ones: one grocery photo enlarged. Odd ones: a mosaic of them, about 340 pixels each. */
async function makePhoto(i: number, files: string[], width: number, height: number, deviation: number) {
  const pick = async (w: number, h: number) =>
    sharp(readFileSync(join(GROCERIES, files[Math.floor(random() * files.length)]!)))
      .autoOrient()
      .resize(w, h, { fit: 'fill', kernel: 'lanczos3' })
      .removeAlpha();
  let photo = await pick(width, height);
  if (i % 2 === 1) {
    const [columns, rows] = [Math.round(width / 340), Math.round(height / 340)];
    const [w, h] = [Math.ceil(width / columns), Math.ceil(height / rows)];
    const tiles = [];
    for (let k = 0; k < columns * rows; k++) {
      const input = await (await pick(w, h)).png({ compressionLevel: 0 }).toBuffer();
      tiles.push({ input, left: (k % columns) * w, top: Math.floor(k / columns) * h });
    }
    const board = { ...blank(), width: columns * w, height: rows * h };
    const mosaic = await sharp({ create: board }).composite(tiles).removeAlpha().raw().toBuffer();
    photo = sharp(mosaic, { raw: board }).extract({ left: 0, top: 0, width, height });
  }
  const samples = await photo.raw().toBuffer();
  for (let k = 0; k < samples.length; k++) {
    const grain = (random() + random() + random() - 1.5) * 2 * deviation; // three uniform ones: half a level each
    samples[k] = Math.max(0, Math.min(255, Math.round(samples[k]! + grain)));
  }
  return sharp(samples, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
}

function blank() {
  return { width: 4032, height: 3024, channels: 3 as const, background: 'white' };
}

/** Means of 2 × 2 pixels, rounded. */
function halve({ data, width, height }: Pixels): Pixels {
  const [w, h, row] = [width >> 1, height >> 1, 3 * width];
  const halved = new Uint8Array(w * h * 3);
  for (let y = 0, to = 0; y < h; y++) {
    for (let x = 0, from = 2 * y * row; x < 3 * w; x++, from += x % 3 === 0 ? 4 : 1) {
      halved[to++] = (data[from]! + data[from + 3]! + data[from + row]! + data[from + row + 3]! + 2) >> 2;
    }
  }
  return { data: halved, width: w, height: h };
}

function withNoise({ data, ...size }: Pixels): Pixels {
  const moved = data.map((sample) => Math.max(0, Math.min(255, sample + Math.floor(random() * 3) - 1)));
  return { data: moved, ...size };
}

function report(name: string, { width, height }: Pixels, bytes: number, line: Trial[]): void {
  const [whole, halved, , , again, moved] = line as [Trial, Trial, Trial, Trial, Trial, Trial];
  const total = ({ decoding, inference }: Trial) => (decoding + inference).toFixed(0);
  console.log(
    `${name}: ${width} × ${height}, ${(bytes / 1e6).toFixed(1)} MB; whole ${total(whole)} ms; ` +
      `halved ${total(halved)} ms, cosine ${halved.cosine.toFixed(5)}, to halved again ${again.cosine.toFixed(5)}; ` +
      `±1 ${moved.cosine.toFixed(5)}`,
  );
}

function summarize(of: Trial[]): Record<string, string> {
  const cosines = of.map((trial) => trial.cosine).sort((a, b) => a - b);
  return {
    decoding: median(of.map((trial) => trial.decoding)).toFixed(0),
    inference: median(of.map((trial) => trial.inference)).toFixed(0),
    total: median(of.map(({ decoding, inference }) => decoding + inference)).toFixed(0),
    'cosine, least': cosines[0]!.toFixed(5),
    median: median(cosines).toFixed(5),
    'share ≥ 0.9999': `${cosines.filter((value) => value >= 0.9999).length} of ${cosines.length}`,
  };
}
