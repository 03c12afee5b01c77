/** What the report's lists find of mistakes that were planted: labels changed, photos stored again; and what pictures cost. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { openSession } from '../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { labelOf } from '../../functions/core/photo/photo-key.ts';
import type { PhotoVersion, Session } from '../../functions/core/ports.ts';
import { lookCloser } from '../../functions/core/review/look-closer.ts';
import type { ReadingPorts } from '../../functions/core/review/read-photos.ts';
import { type Review, type ReviewedRows, review } from '../../functions/core/review/review.ts';
import { makeThumbnails } from '../../functions/core/review/thumbnails.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { ensureModel } from '../../model/ensure-model.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const LIMITS = { maxBytes: 50e6, maxPixels: 65e6 }; // as in serverless.yml
const SEEDS = [1, 2, 3];
const products = createMatrixProducts(1);

interface Rows {
  /** Where each photo lies, or its bytes. */
  photos: (string | Uint8Array)[];
  keys: string[];
  labels: (string | null)[];
  features: Float32Array;
}

/** @param folders of photos, each in the folder of its label; by default those in `../shared` */
export async function run(folders: string[] = []): Promise<void> {
  const chosen =
    folders.length > 0
      ? folders
      : ['fruits-360/sample', 'grocery-photos/train'].map((path) => join(SHARED, path));
  const session = await openSession((await ensureModel()).path);
  for (const folder of chosen.filter(existsSync)) {
    const rows = await featurize(session, folder);
    console.log(`\n${folder}: ${rows.keys.length} photos of ${new Set(rows.labels).size} labels`);
    const [, told] = await timed(() => reviewed(rows));
    const [closer, all] = await timed(() => reviewedCloser(rows));
    console.log(`as they are: ${told} s of processor time, by pixels too ${all}`);
    console.log(describe(closer, rows.keys.length));
    for (const seed of SEEDS) console.log(await findChanged(rows, seed));
    for (const [name, make] of Object.entries(COPIES))
      console.log(await findCopies(session, rows, name, make));
    console.log(await makePictures(rows));
  }
}

function describe(
  { mislabelled, copies, nearDuplicates, outliers, agreement }: Review,
  photos: number,
): string {
  return `  ${mislabelled.length} likely mislabelled, ${copies.length} groups of copies, ${nearDuplicates.length} near-duplicates (${nearDuplicates.filter(({ same }) => same).length} by pixels), ${outliers.length} outliers; ${share(agreement.agree, photos)} agree with their nearest`;
}

/** Changes 2 % of the labels to others that are there, and counts how many of them the list names. */
async function findChanged(rows: Rows, seed: number): Promise<string> {
  const random = seeded(seed);
  const labels = [...rows.labels];
  const names = [...new Set(labels)];
  const changed = new Set<number>();
  while (changed.size < Math.round(0.02 * labels.length)) changed.add(Math.floor(random() * labels.length));
  for (const at of changed) {
    const others = names.filter((name) => name !== labels[at]);
    labels[at] = others[Math.floor(random() * others.length)]!;
  }
  const { mislabelled } = await reviewed({ ...rows, labels });
  const right = mislabelled.filter(({ place }) => changed.has(place)).length;
  const first = mislabelled.slice(0, Math.ceil(0.05 * labels.length));
  const early = first.filter(({ place }) => changed.has(place)).length;
  return `  2 % of labels changed (seed ${seed}): ${mislabelled.length} listed, precision ${share(right, mislabelled.length)}, recall ${share(right, changed.size)}; within the first 5 % of photos ${share(early, changed.size)}`;
}

const COPIES: Record<string, (photo: Sharp, width: number, height: number) => Sharp> = {
  'JPEG quality 60': (photo) => photo.jpeg({ quality: 60 }),
  '80 % size': (photo, width, height) =>
    photo.resize(Math.round(0.8 * width), Math.round(0.8 * height)).jpeg({ quality: 90 }),
  'cropped by 5 %': (photo, width, height) => {
    const [left, top] = [Math.round(0.025 * width), Math.round(0.025 * height)];
    return photo
      .extract({ left, top, width: width - 2 * left, height: height - 2 * top })
      .jpeg({ quality: 90 });
  },
  'cropped by 5 % at two sides': (photo, width, height) =>
    photo
      .extract({ left: 0, top: 0, width: Math.round(0.95 * width), height: Math.round(0.95 * height) })
      .jpeg({ quality: 90 }),
};

/** Adds a copy of each tenth photo, and counts how many of them are paired with what they are a copy of. */
async function findCopies(
  session: Session,
  rows: Rows,
  name: string,
  make: (typeof COPIES)[string],
): Promise<string> {
  const of = rows.photos.map((_, at) => at).filter((at) => at % 10 === 0);
  const d = session.dimension;
  const features = new Float32Array(rows.features.length + of.length * d);
  features.set(rows.features);
  const copies: Uint8Array[] = [];
  for (const [index, at] of of.entries()) {
    const stored = await storedOf(rows.photos[at]!);
    const { width, height } = await sharp(stored).metadata();
    copies.push(await make(sharp(stored), width, height).toBuffer());
    const { pixels } = await decodePhoto(copies[index]!, LIMITS);
    features.set(await session.run(pixels), rows.features.length + index * d);
  }
  const { nearDuplicates } = await reviewedCloser({
    photos: [...rows.photos, ...copies],
    keys: [...rows.keys, ...of.map((at) => `${rows.keys[at]} again`)],
    labels: [...rows.labels, ...of.map((at) => rows.labels[at]!)],
    features,
  });
  const first = rows.keys.length;
  const found = nearDuplicates.filter(({ places: [a, b] }) => b >= first && of[b - first] === a);
  const same = nearDuplicates.filter((pair) => pair.same);
  return `  copies at ${name}: ${share(found.length, of.length)} of ${of.length} found, ${share(found.filter((pair) => pair.same).length, of.length)} by their pixels, among ${same.length} such pairs of ${nearDuplicates.length}`;
}

async function storedOf(photo: string | Uint8Array): Promise<Uint8Array> {
  return typeof photo === 'string' ? await readFile(photo) : photo;
}

/** Seconds of processor time. */
async function timed<T>(work: () => Promise<T>): Promise<[T, string]> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return [result, ((user + system) / 1e6).toFixed(1)];
}

/** Makes pictures as a report of 8,000 points wants them: until 3 MB are full, and all of them. */
async function makePictures(rows: Rows): Promise<string> {
  const photos = Array.from({ length: 8000 }, (_, at) => ({
    key: rows.keys[at % rows.keys.length]!,
    etag: '',
  }));
  const make = (bytes: number) =>
    timed(() =>
      makeThumbnails(portsOf(rows), { photos, large: 0, bytes, milliseconds: Number.POSITIVE_INFINITY }),
    );
  const [{ made }, seconds] = await make(3_000_000);
  const [, all] = await make(Number.POSITIVE_INFINITY);
  return `  pictures: ${made.size} of 8,000 fill 3 MB in ${seconds} s of processor time, all would take ${all}`;
}

function portsOf({ keys, photos }: Rows): ReadingPorts {
  const at = new Map(keys.map((key, place) => [key, place]));
  const read = async ({ key }: PhotoVersion) => ({ bytes: await storedOf(photos[at.get(key)!]!) });
  return { photos: { read }, limits: LIMITS, clock: { now: () => 0 } };
}

/** A review does not read these. */
const NOT_READ = { featurizedAt: 0, width: 1, height: 1, bytes: 1 };

function asReviewed({ keys, labels, features }: Rows): ReviewedRows {
  const rows = keys.map((key, at) => ({ key, label: labels[at]!, etag: key, ...NOT_READ }));
  return { rows, features: features.slice() };
}

function reviewed(rows: Rows): Promise<Review> {
  return review(asReviewed(rows), products);
}

/** With their pixels. */
async function reviewedCloser(rows: Rows): Promise<Review> {
  const as = asReviewed(rows);
  const told = await review(as, products);
  const sample = { ...as, components: new Float32Array() };
  return (await lookCloser(portsOf(rows), sample, told, products, 0)).review;
}

async function featurize(session: Session, folder: string): Promise<Rows> {
  const { photos } = await findPhotos(folder);
  photos.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  const features = new Float32Array(photos.length * session.dimension);
  for (const [at, { path }] of photos.entries()) {
    const { pixels } = await decodePhoto(await readFile(path), LIMITS);
    features.set(await session.run(pixels), at * session.dimension);
  }
  return {
    photos: photos.map(({ path }) => path),
    keys: photos.map(({ key }) => key),
    labels: photos.map(({ key }) => labelOf(key) ?? null),
    features,
  };
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;
}
