/** What Verger promises, held against a world that has come to rest. */
import { createHash } from 'node:crypto';
import { parquetReadObjects } from 'hyparquet';
import { isPhoto, labelOf } from '../../functions/core/photo/photo-key.ts';
import type { BackfillRun, LatestSnapshot } from '../../functions/core/ports.ts';
import { nameOfPart } from '../../functions/core/snapshot/layout.ts';
import type { Bucket } from './model/bucket.ts';
import { describeItem } from './model/dynamodb.ts';
import { featuresOf, refusalOf } from './photos.ts';
import type { World } from './world.ts';

export interface Violation {
  rule: string;
  detail: string;
  key?: string;
}

/**
 * For every key: exactly the current version's features by the current model, or a refusal; nothing of a deleted key.
 *
 * @param after events alone: then a photo need not be of the current model, and one that no event told of is excused;
 *   or a backfill
 */
export function checkPhotos(world: World, after: 'events' | 'backfill'): Violation[] {
  const { photos, table, excused } = world;
  const keys = new Set([...photos.keys(), ...table.items.keys()]);
  const { model } = world.newest();
  const violations: Violation[] = [];
  for (const key of keys) {
    const item = table.items.get(key);
    const object = isPhoto(key, world.plan.scope) ? photos.current(key) : undefined;
    const wrong = (rule: string) =>
      violations.push({ rule: `${rule} (after ${after})`, key, detail: `stored: ${describeItem(item)}` });
    if (!object) {
      if (item && !item.erased) wrong('nothing is stored of a photo that was deleted');
      continue;
    }
    if (after === 'events' && (excused.has(key) || photos.uncovered.has(key))) continue;
    const content = new TextDecoder().decode(object.body);
    // Not handed out: refused, or with the features that it got before.
    if (object.hidden && item?.refused?.S === 'unreadable' && item.model?.S === model) continue;
    const by = after === 'events' ? (item?.model?.S ?? '') : model;
    if (item?.etag?.S !== object.etag) wrong('a photo is stored as it is now');
    else if (item.model?.S !== by) wrong('a photo is stored by the current model');
    else if (item.refused?.S !== refusalOf(content)) wrong('a photo is refused where it cannot be used');
    else if (item.label?.S !== labelOf(key)) wrong("a photo's label is its folder");
    else if (!item.refused && !isSame(item.features?.B, featuresOf(content, by)))
      wrong('features are those of the photo');
  }
  return violations;
}

/** A backfill that begins when everything is done says so. */
export function checkDone({ snapshots }: World, since: number): Violation[] {
  const runs = snapshots
    .keys()
    .filter((key) => key.startsWith('backfill/'))
    .map((key) => JSON.parse(text(snapshots.current(key)?.body)) as BackfillRun)
    .filter(({ startedAt }) => Date.parse(startedAt) >= since);
  if (!runs.some(({ state }) => state === 'done'))
    return [{ rule: 'a backfill comes to its end', detail: JSON.stringify(runs) }];
  return runs
    .filter(({ sent }) => sent > 0)
    .map((run) => ({ rule: 'once all is done, backfill says so', detail: JSON.stringify(run) }));
}

/** latest.json names a snapshot of which every file is there, as its manifest has it. */
export function checkWhole({ snapshots }: World): Violation[] {
  const latest = readLatest(snapshots);
  const isThere = (key: string, { bytes, sha256 }: ManifestFile) => {
    const body = snapshots.current(key)?.body;
    return body?.byteLength === bytes && createHash('sha256').update(body).digest('hex') === sha256;
  };
  if (
    latest &&
    latest.manifest.parts.length > 0 &&
    latest.manifest.parts.every((part) => isThere(latest.parts + part.name, part)) &&
    latest.manifest.files.every((file) => isThere(latest.files + file.name, file)) &&
    snapshots.current(`${latest.files}_SUCCESS`)
  )
    return [];
  return [{ rule: 'latest.json names a whole snapshot', detail: latest?.snapshot ?? 'nothing' }];
}

/** Rows that are all the same have no principal component: no snapshot is made. */
export function isReducible({ table }: World): boolean {
  const rows = [...table.items.values()].filter(({ features }) => features);
  return new Set(rows.map(({ features }) => String(features?.B))).size > 1;
}

/** The newest version of the Delta table is the snapshot that latest.json names. */
export function checkTable({ snapshots, live }: World): Violation[] {
  const latest = readLatest(snapshots)?.snapshot;
  const names = [...new Set([...live.keys()].map(nameOfPart))];
  if (String(names) === String(latest)) return [];
  return [{ rule: 'the Delta table and latest.json name one snapshot', detail: `${names}; ${latest}` }];
}

/** A version of the table is one snapshot, whole. */
export function checkVersion({ snapshots, live }: World): Violation[] {
  const names = new Set([...live.keys()].map(nameOfPart));
  const isWhole = [...live].every(
    ([path, size]) => snapshots.current(`rows/${path}`)?.body.byteLength === size,
  );
  if (names.size === 1 && isWhole) return [];
  return [{ rule: 'a version of the Delta table is one snapshot', detail: [...live.keys()].join() }];
}

/** A reduce that begins when everything is done counts what is in the table. */
export function checkCounts({ snapshots, table }: World): Violation[] {
  const items = [...table.items.values()];
  const rows = items.filter(({ features }) => features);
  const counts = readLatest(snapshots)?.manifest.counts;
  const says = [counts?.used, sum(Object.values(counts?.refused ?? {})), counts?.erased];
  const has = [
    rows.length,
    items.filter((item) => item.refused).length,
    items.filter((item) => item.erased).length,
  ];
  if (String(says) === String(has)) return [];
  return [
    { rule: 'counts agree', detail: `${has} used, refused and erased in the table; ${says} in the manifest` },
  ];
}

/** A snapshot shows no photo that was erased before its reduce began. */
export async function checkSnapshots({ snapshots, parts }: World): Promise<Violation[]> {
  const violations: Violation[] = [];
  for (const { key, erased } of parts) {
    const body = snapshots.current(key)?.body;
    if (!body) continue; // it has expired
    const { buffer, byteOffset, byteLength } = body;
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
    for (const { path } of await parquetReadObjects({ file, columns: ['path'] })) {
      if (!erased.has(path)) continue;
      violations.push({ rule: 'no snapshot shows a photo that was erased before', key: path, detail: key });
    }
  }
  return violations;
}

interface Manifest {
  parts: ManifestFile[];
  files: ManifestFile[];
  counts: { used: number; erased: number; refused: Record<string, number> };
}

interface ManifestFile {
  name: string;
  bytes: number;
  sha256: string;
}

function readLatest(
  snapshots: Bucket,
): (Omit<LatestSnapshot, 'manifest'> & { manifest: Manifest }) | undefined {
  const latest = JSON.parse(text(snapshots.current('latest.json')?.body) || 'null') as LatestSnapshot | null;
  const manifest = latest && snapshots.current(latest.manifest)?.body;
  if (!manifest) return undefined;
  return { ...latest, manifest: JSON.parse(text(manifest)) as Manifest };
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function text(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body);
}

function isSame(stored: Uint8Array | undefined, features: Float32Array): boolean {
  return stored !== undefined && Buffer.compare(stored, Buffer.from(features.buffer)) === 0;
}
