/** A snapshot that knows three kinds of three features each, and what identify needs beside it. */

import { openClassifier } from '../../../functions/adapters/onnx.ts';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import type { Calibration } from '../../../functions/core/classifier/calibration.ts';
import { addClassRows, emptyClassSums } from '../../../functions/core/classifier/class-sums.ts';
import { fitClassifier } from '../../../functions/core/classifier/classifier.ts';
import { encodeClassifierOnnx } from '../../../functions/core/classifier/classifier-onnx.ts';
import { encodeIndex, toVectors } from '../../../functions/core/classifier/neighbour-index.ts';
import type { KnowledgePorts } from '../../../functions/core/identify/knowledge.ts';
import { addRows, emptyMoments } from '../../../functions/core/pca/moments.ts';
import type { LatestSnapshot, SnapshotReader } from '../../../functions/core/ports.ts';

export const MODEL = 'test@0123456789ab';
const products = createMatrixProducts(1);
const d = 3;

/** Features of kinds that lie along an axis each, and a little of the others. */
const ROWS: [label: string, ...features: number[]][] = [
  ['Apple', 10, 1, 1],
  ['Apple', 11, 2, 0],
  ['Apple', 9, 0, 2],
  ['Kiwi', 1, 10, 1],
  ['Kiwi', 0, 11, 2],
  ['Kiwi', 2, 9, 0],
  ['Plum', 1, 1, 10],
  ['Plum', 2, 0, 11],
  ['Plum', 0, 2, 9],
];

export const CALIBRATION: Calibration = {
  temperature: 0.15,
  thresholds: { confidence: 0.6, similarity: 0.9 },
  validation: [],
};

/** The files of a snapshot, by name. */
export async function snapshotFiles(
  snapshot: string,
  model = MODEL,
): Promise<Record<string, Uint8Array | undefined>> {
  const features = new Float32Array(ROWS.flatMap(([, ...values]) => values));
  const labels = ROWS.map(([label]) => label);
  const moments = emptyMoments(model, d);
  await addRows(moments, features, ROWS.length, products);
  const sums = emptyClassSums(d);
  addClassRows(sums, labels, features);
  const fit = await fitClassifier(moments, sums, products);
  if ('why' in fit) throw new Error(fit.why);
  const keys = ROWS.map(([label], at) => `${label}/${at}.jpg`);
  const vectors = await toVectors(features, ROWS.length, d, undefined, products);
  return {
    'classifier.onnx': encodeClassifierOnnx(fit.classifier, CALIBRATION, snapshot),
    'index.bin': encodeIndex({ model, dimension: d, width: d, keys, labels, vectors }),
    'manifest.json': Buffer.from('{}'),
  };
}

export function latestOf(snapshot: string, model = MODEL): LatestSnapshot {
  return {
    snapshot,
    manifest: `snapshots/${snapshot}/manifest.json`,
    rows: ROWS.length,
    model,
  } as LatestSnapshot;
}

/** A bucket whose latest snapshot can be replaced, which counts what it is asked. */
export class FakeSnapshots implements SnapshotReader {
  asked: string[] = [];
  current: { latest: LatestSnapshot; files: Record<string, Uint8Array | undefined> } | undefined;
  broken: Error | undefined;

  async latest(etag?: string) {
    this.asked.push(`latest ${etag ?? ''}`.trim());
    if (this.broken) throw this.broken;
    if (this.current === undefined) return undefined;
    const { latest } = this.current;
    return etag === latest.snapshot ? ('same' as const) : { content: latest, etag: latest.snapshot };
  }

  async read(_: LatestSnapshot, name: string) {
    this.asked.push(name);
    return this.current?.files[name];
  }

  async publish(snapshot: string, model = MODEL): Promise<void> {
    this.current = { latest: latestOf(snapshot, model), files: await snapshotFiles(snapshot, model) };
  }
}

export function knowledgePorts(snapshots: SnapshotReader, clock = { now: () => 0 }) {
  const warnings: [event: string, fields: unknown][] = [];
  const ports: KnowledgePorts = {
    snapshots,
    clock,
    log: { info() {}, warn: (...warning) => warnings.push(warning as [string, unknown]) },
    openClassifier,
  };
  return { ports, warnings };
}
