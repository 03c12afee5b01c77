/**
 * What shrinking a JPEG while decoding costs and saves: `npx tsx bench/photo-shrink.ts
 * [width height] [photos] [grain]`.
 *
 * Photos of that size (12 megapixels unless told) are made from ../shared/grocery-photos: enlarged ones in turn
 * with mosaics, with a sensor's grain (standard deviation in levels: 2 as by daylight unless told, 6 as in a dim
 * shop), at JPEG quality 90. Each is decoded at every shrink factor and featurized
 * on one thread; features are compared with those of the unshrunk photo by cosine. For scale, so are those of the
 * unshrunk photo with every sample moved by −1, 0 or +1 level, which is less than a sensor's noise.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { openSession } from '../functions/adapters/onnx.ts';
import { decodePhoto } from '../functions/core/photo/photo.ts';
import { decodePixels, readHeader, type Shrink } from '../functions/core/photo/photo-decoder.ts';
import type { Pixels } from '../functions/core/ports.ts';
import { uniform } from '../test/fixtures/photos.ts';

const root = join(import.meta.dirname, '..');
const GROCERIES = join(root, '..', 'shared', 'grocery-photos', 'train');
const MODEL = join(root, 'build', 'model', 'mobilenetv2.onnx');
for (const path of [GROCERIES, MODEL]) if (!existsSync(path)) throw new Error(`needs ${path}`);

const [width = 4032, height = 3024, photos = 24, deviation = 2] = process.argv.slice(2).map(Number);
const files = readdirSync(GROCERIES, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.jpe?g$/i.test(name))
  .sort();
const random = uniform(1);
const session = await openSession(MODEL);

/** Milliseconds of processor time, so that other work on the machine does not count. */
interface Trial {
  decoding: number;
  inference: number;
  cosine: number;
}
const trials = new Map<string, Trial[]>();

for (let i = 0; i < photos; i++) {
  const jpeg = await makePhoto(i);
  const header = await readHeader(jpeg);
  const decodeAt = (shrink: Shrink) => decodePixels(jpeg, 'jpeg', header, shrink, Number.MAX_SAFE_INTEGER);
  const whole = await decodeAt(1);
  const reference = Float32Array.from(await session.run(whole));

  for (const shrink of [1, 2, 4, 8] as const) {
    await tryOut(`shrunk by ${shrink}`, () => decodeAt(shrink), reference);
  }
  const limits = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: Number.MAX_SAFE_INTEGER };
  await tryOut('as decodePhoto does', async () => (await decodePhoto(jpeg, limits)).pixels, reference);
  await tryOut('±1 on every sample', async () => withNoise(whole), reference);
}

console.log(
  `${photos} JPEGs of ${width} × ${height}, grain ${deviation}; milliseconds of one core are medians`,
);
console.table(Object.fromEntries([...trials].map(([name, of]) => [name, summarize(of)])));

async function tryOut(name: string, decode: () => Promise<Pixels>, reference: Float32Array): Promise<void> {
  const start = process.cpuUsage();
  const pixels = await decode();
  const decoded = process.cpuUsage(start);
  const features = await session.run(pixels);
  const whole = process.cpuUsage(start);
  const [decoding, total] = [decoded, whole].map(({ user, system }) => (user + system) / 1000) as [
    number,
    number,
  ];
  const trial = { decoding, inference: total - decoding, cosine: cosine(features, reference) };
  trials.set(name, [...(trials.get(name) ?? []), trial]);
}

/** Even ones: one grocery photo enlarged. Odd ones: a mosaic of them, about 340 pixels each. */
async function makePhoto(i: number): Promise<Buffer> {
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
    const board = { width: columns * w, height: rows * h, channels: 3 as const, background: 'white' };
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

function withNoise({ data, ...size }: Pixels): Pixels {
  const moved = data.map((sample) => Math.max(0, Math.min(255, sample + Math.floor(random() * 3) - 1)));
  return { data: moved, ...size };
}

function summarize(of: Trial[]): Record<string, string> {
  const cosines = of.map((trial) => trial.cosine).sort((a, b) => a - b);
  const total = of.map(({ decoding, inference }) => decoding + inference);
  return {
    decoding: median(of.map((trial) => trial.decoding)).toFixed(0),
    inference: median(of.map((trial) => trial.inference)).toFixed(0),
    total: median(total).toFixed(0),
    'cosine, least': cosines[0]!.toFixed(5),
    median: median(cosines).toFixed(5),
    'share ≥ 0.9999': (cosines.filter((value) => value >= 0.9999).length / cosines.length).toFixed(2),
  };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return ab / Math.sqrt(aa * bb);
}
