/** What the quality benchmark asks: photos to find among, and photos to find, each with its label. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { labelOf } from '../../functions/core/photo/photo-key.ts';
import { findPhotos } from '../../local/run/photos.ts';

export interface LabelledPhoto {
  path: string;
  label: string;
}

export interface Task {
  title: string;
  /** Found among; the PCA is fitted to these. */
  train: LabelledPhoto[];
  /** Each is given the label of the one of `train` that is nearest to it. */
  test: LabelledPhoto[];
}

export const SHARED = join(import.meta.dirname, '../../../shared');
const TRAINING = join(import.meta.dirname, '../../model/train');
/** A variety of its own, whatever its first word says; as STUDIO_KEPT in model/train/data.py. */
const STUDIO_KEPT = 'Peach Flat';

/** One folder against another; a photo's label is the folder it lies in. @throws InvalidRequest naming the folder */
export async function folderTask(train: string, test: string): Promise<Task> {
  const title = `${train} against ${test}`;
  return { title, train: await labelledPhotos(train), test: await labelledPhotos(test) };
}

/**
 * The tasks of model/README.md, over the photos in `../shared` that the fruit model was not trained on; those for which
 * the photos are there. Both splits are those of model/train/evaluate.py.
 */
export async function sharedTasks(): Promise<Task[]> {
  const tasks: Task[] = [];
  if (existsSync(join(SHARED, 'fruits-360'))) tasks.push(studioTask());
  if (existsSync(join(SHARED, 'grocery-photos/train'))) tasks.push(await phoneTask());
  return tasks;
}

/**
 * Varieties that were kept from training. Frames of one spun fruit that follow on each other are near-duplicates: so
 * the first 30 % of each variety's frames, in the order of its spins, are to find among, the last 50 % are to find, and
 * those between are left out.
 */
function studioTask(): Task {
  const heldOut = readFileSync(join(TRAINING, 'studio-held-out.txt'), 'utf8').trim().split('\n');
  const isHeldOut = (variety: string) =>
    variety !== STUDIO_KEPT && heldOut.some((kind) => variety === kind || variety.startsWith(`${kind} `));
  const varieties = ['sample', 'more']
    .flatMap((part) => {
      const folder = join(SHARED, 'fruits-360', part);
      return readdirSync(folder).map((label) => ({ label, folder: join(folder, label) }));
    })
    .filter(({ label }) => isHeldOut(label));
  const [train, test]: [LabelledPhoto[], LabelledPhoto[]] = [[], []];
  for (const { label, folder } of varieties) {
    const frames = spinOrder(readdirSync(folder).filter((name) => name.endsWith('.jpg')));
    const photos = frames.map((name) => ({ label, path: join(folder, name) }));
    train.push(...photos.slice(0, Math.round(frames.length * 0.3)));
    test.push(...photos.slice(Math.round(frames.length * 0.5)));
  }
  return { title: `(a) studio, ${varieties.length} varieties that training never saw`, train, test };
}

/** Photos of shelves that were kept from training, to find among those of the shelves that were in it. */
export async function phoneTask(): Promise<Task> {
  const rows = readFileSync(join(TRAINING, 'phone-split.csv'), 'utf8').trim().split('\n').slice(1);
  const heldOut = new Set(rows.filter((row) => row.endsWith(',1')).map((row) => `${row.split(',')[0]}.jpg`));
  const { photos: found } = await findPhotos(join(SHARED, 'grocery-photos/train'));
  const photos = found.filter(({ key }) => key.endsWith('.jpg'));
  const labelled = photos.map(({ path, key }) => ({
    path,
    label: labelOf(key) ?? '',
    name: key.split('/').at(-1) ?? '',
  }));
  return {
    title: '(b) phone, shelves that training never saw',
    train: labelled.filter(({ name }) => !heldOut.has(name)),
    test: labelled.filter(({ name }) => heldOut.has(name)),
  };
}

/** Frames as the fruit was spun: about one axis after the other (none, r, r2, r3), then by number. */
export function spinOrder(names: string[]): string[] {
  return names.sort((a, b) => {
    const [one, other] = [spinOf(a), spinOf(b)];
    return one.axis === other.axis ? one.frame - other.frame : one.axis < other.axis ? -1 : 1;
  });
}

/** About which axis the fruit was spun, and how far. */
export function spinOf(name: string): { axis: string; frame: number } {
  const [, axis = '', frame] = /^(?:(r\d*)_)?(\d+)_100\.jpg$/.exec(name) ?? [];
  return { axis, frame: Number(frame) };
}

async function labelledPhotos(folder: string): Promise<LabelledPhoto[]> {
  if (!existsSync(folder)) throw new InvalidRequest(`There is no folder ${folder} (--train or --test)`);
  const { photos } = await findPhotos(folder);
  return photos.map(({ path, key }) => {
    const label = labelOf(key);
    if (label !== undefined) return { path, label };
    throw new InvalidRequest(`${path} lies in no folder below ${folder}: a photo's label is its folder`);
  });
}
