/** What a reduce finds out for identify, phase by phase, in work files. */
import { emptyClassSums, joinClassSums } from '../classifier/class-sums.ts';
import type { Classifier } from '../classifier/classifier.ts';
import {
  type DescribedClassifier,
  encodeKnown,
  fitKnown,
  type Known,
  type RowsToKnow,
} from '../classifier/known.ts';
import type { Moments } from '../pca/moments.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { decodeArrays, encodeArrays } from '../spool/arrays.ts';
import type { WorkStore } from '../spool/work-store.ts';
import type { Assembled } from './assemble.ts';
import { decodeClassSums } from './class-sums-file.ts';
import { contentOf, type PhasePorts, resultOf, taskName } from './phase.ts';
import type { Split } from './split.ts';

/** File of the classifier, or why there is none: what `fit` says of it. */
export type FittedKnown = { file: string } | { none: string };

/** For `fit`: the classifier out of the sums of all ranges, in order, as a work file; or why there is none. */
export async function writeKnown(
  { work, products }: PhasePorts,
  { dimension, ranges }: Split,
  moments: Moments,
  name: string,
): Promise<FittedKnown> {
  const sums = emptyClassSums(dimension);
  for (let range = 0; range < ranges; range++) {
    const { classes } = await resultOf<Assembled>(work, taskName('assemble', range));
    joinClassSums(sums, decodeClassSums(await contentOf(work, classes)));
  }
  const known = await fitKnown(moments, sums, products);
  if ('none' in known) return known;
  const { origin, weights, basis, ...head } = known;
  await work.write(name, encodeArrays(head, { origin, weights, basis }));
  return { file: name };
}

/** For `publish`: tries the classifier, and writes its files. @returns what the manifest says of them */
export async function publishKnown(
  { work, products, learnedBy }: PhasePorts,
  snapshot: Snapshot,
  sample: RowsToKnow,
): Promise<DescribedClassifier> {
  const known = await readKnown(work);
  if ('none' in known) return known;
  const encoded = await encodeKnown(known, sample, snapshot.name, products, learnedBy?.(known.model));
  for (const [name, bytes] of Object.entries(encoded.files)) await snapshot.writeFile(name, bytes);
  return encoded.described;
}

async function readKnown(work: WorkStore): Promise<Known | { none: string }> {
  const { classifier } = await resultOf<{ classifier: FittedKnown }>(work, 'fit');
  if ('none' in classifier) return classifier;
  return decodeArrays<Classifier, { basis: Float64Array }>(await contentOf(work, classifier.file));
}
