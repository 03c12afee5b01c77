/** The fifth phase: the sums of all ranges become the PCA. */
import { ContractBroken } from '../errors.ts';
import type { FittedPca } from '../pca/fitted-pca.ts';
import { emptyMoments, joinMoments, type Moments } from '../pca/moments.ts';
import { fitPca } from '../pca/pca.ts';
import type { PcaOptions } from '../pca/pca-options.ts';
import { decodeArrays, encodeArrays } from '../spool/arrays.ts';
import type { WorkStore } from '../spool/work-store.ts';
import { stopwatch } from '../stopwatch.ts';
import type { Assembled } from './assemble.ts';
import { type FittedKnown, writeKnown } from './known.ts';
import {
  contentOf,
  once,
  type PhasePorts,
  type ReduceOptions,
  resultOf,
  type TaskTimes,
  taskName,
} from './phase.ts';
import type { Plan } from './plan.ts';
import type { Split } from './split.ts';

/** What was fitted. */
export interface Fit extends TaskTimes {
  /** File of the PCA. */
  pca: string;
  /** File of the photos by label in each range. */
  labels: string;
  classifier: FittedKnown;
}

/**
 * Merges the moments of the ranges, in order, and fits the PCA. Memory holds two ranges' moments.
 *
 * Whatever else is fitted to the whole, from what `assemble` has added up, is fitted here.
 *
 * @throws ContractBroken when ranges overlap
 */
export async function fit(ports: PhasePorts): Promise<Fit> {
  return await once(ports, 'fit', async (attempt) => {
    const { work, products, log } = ports;
    const { milliseconds, timed } = stopwatch(ports.clock);
    const { options } = await resultOf<Plan>(work, 'plan');
    const split = await resultOf<Split>(work, 'split');
    const { moments, labels } = await timed('accumulate', () => mergeRanges(work, split));
    const pca = await timed('fit', () => fitPca(moments, pcaOptionsFor(options, split.dimension), products));
    log.info('reduce-fitted', { components: pca.k });
    for (const warning of pca.warnings) log.warn('reduce-warning', { warning });
    const name = `fit-${attempt}`;
    const { mean, scale, components, explainedVariance, explainedVarianceRatio, spectrum, ...head } = pca;
    const arrays = { mean, scale, components, explainedVariance, explainedVarianceRatio, spectrum };
    await work.write(name, encodeArrays(head, arrays));
    await work.write(`${name}.labels`, [Buffer.from(JSON.stringify(labels))]);
    const classifier = await timed('classify', () => writeKnown(ports, split, moments, `${name}-classifier`));
    return { pca: name, labels: `${name}.labels`, classifier, milliseconds };
  });
}

/** The PCA that was fitted, to the last bit. */
export async function readPca(work: WorkStore): Promise<FittedPca> {
  const { pca } = await resultOf<Fit>(work, 'fit');
  return decodeArrays<FittedPca, Record<string, Float64Array>>(await contentOf(work, pca));
}

/** Photos by label in the first so many ranges, by default all. */
export async function labelsOf(work: WorkStore, ranges?: number): Promise<Map<string | null, number>> {
  const { labels } = await resultOf<Fit>(work, 'fit');
  const content = Buffer.from(await contentOf(work, labels)).toString();
  const all = new Map<string | null, number>();
  for (const range of (JSON.parse(content) as Assembled['labels'][]).slice(0, ranges)) {
    for (const [label, photos] of range) all.set(label, (all.get(label) ?? 0) + photos);
  }
  return all;
}

async function mergeRanges(work: WorkStore, { model, dimension, ranges }: Split) {
  const labels: Assembled['labels'][] = [];
  const whole = emptyMoments(model, dimension);
  let before: Assembled | undefined;
  for (let range = 0; range < ranges; range++) {
    const assembled = await resultOf<Assembled>(work, taskName('assemble', range));
    requireOrder(before, assembled);
    before = assembled;
    labels.push(assembled.labels);
    joinMoments(
      whole,
      decodeArrays<Moments, Record<string, Float64Array>>(await contentOf(work, assembled.moments)),
    );
  }
  return { moments: whole, labels };
}

function requireOrder(before: Assembled | undefined, { first }: Assembled): void {
  if (before === undefined || Buffer.compare(Buffer.from(before.last), Buffer.from(first)) < 0) return;
  throw new ContractBroken(
    before.last === first
      ? `the photo ${first} was read twice from the features table`
      : `the range that begins with ${first} follows one that ends with ${before.last}`,
  );
}

/** The options for rows of d features: the default number of components is at most d. */
function pcaOptionsFor({ pca, asksComponents }: ReduceOptions, dimension: number): PcaOptions {
  const { components } = pca;
  if (asksComponents || typeof components !== 'number') return pca;
  return { ...pca, components: Math.min(components, dimension) };
}
