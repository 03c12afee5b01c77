/** What the report's lists find of mistakes that were planted: labels changed, photos stored again. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { openSession } from '../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { labelOf } from '../../functions/core/photo/photo-key.ts';
import type { Session } from '../../functions/core/ports.ts';
import { type Review, review } from '../../functions/core/review/review.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { ensureModel } from '../../model/ensure-model.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const LIMITS = { maxBytes: 50e6, maxPixels: 65e6 }; // as in serverless.yml
const SEEDS = [1, 2, 3];
const products = createMatrixProducts(1);

interface Rows {
  paths: string[];
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
    const start = process.cpuUsage();
    const as = await reviewed(rows);
    const { user, system } = process.cpuUsage(start);
    console.log(`as they are: ${((user + system) / 1e6).toFixed(1)} s of processor time`);
    console.log(describe(as, rows.keys.length));
    for (const seed of SEEDS) console.log(await findChanged(rows, seed));
    for (const [name, make] of Object.entries(COPIES))
      console.log(await findCopies(session, rows, name, make));
  }
}

function describe(
  { mislabelled, copies, nearDuplicates, outliers, agreement }: Review,
  photos: number,
): string {
  return `  ${mislabelled.length} likely mislabelled, ${copies.length} groups of copies, ${nearDuplicates.length} near-duplicates, ${outliers.length} outliers; ${share(agreement.agree, photos)} agree with their nearest`;
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
};

/** Adds a copy of each tenth photo, and counts how many of them are paired with what they are a copy of. */
async function findCopies(
  session: Session,
  rows: Rows,
  name: string,
  make: (typeof COPIES)[string],
): Promise<string> {
  const of = rows.paths.map((_, at) => at).filter((at) => at % 10 === 0);
  const d = session.dimension;
  const features = new Float32Array(rows.features.length + of.length * d);
  features.set(rows.features);
  for (const [index, at] of of.entries()) {
    const stored = await readFile(rows.paths[at]!);
    const { width, height } = await sharp(stored).metadata();
    const { pixels } = await decodePhoto(await make(sharp(stored), width, height).toBuffer(), LIMITS);
    features.set(await session.run(pixels), rows.features.length + index * d);
  }
  const { nearDuplicates } = await reviewed({
    ...rows,
    keys: [...rows.keys, ...of.map((at) => `${rows.keys[at]} again`)],
    labels: [...rows.labels, ...of.map((at) => rows.labels[at]!)],
    features,
  });
  const first = rows.keys.length;
  const found = new Set(
    nearDuplicates
      .filter(({ places: [a, b] }) => b >= first && of[b - first] === a)
      .map(({ places }) => places[1]),
  );
  return `  copies at ${name}: ${share(found.size, of.length)} of ${of.length} found, among ${nearDuplicates.length} pairs`;
}

/** A review does not read these. */
const NOT_READ = { featurizedAt: 0, width: 1, height: 1, bytes: 1 };

function reviewed({ keys, labels, features }: Rows): Promise<Review> {
  const rows = keys.map((key, at) => ({ key, label: labels[at]!, etag: key, ...NOT_READ }));
  return review({ rows, features: features.slice() }, products);
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
    paths: photos.map(({ path }) => path),
    keys: photos.map(({ key }) => key),
    labels: photos.map(({ key }) => labelOf(key) ?? null),
    features,
  };
}

function share(part: number, whole: number): string {
  return whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;
}
