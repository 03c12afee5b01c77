/** When to believe a classifier, and how much: what its trials show. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { halvesByKey, halvesByLikeness } from './folds.ts';
import { type Answer, calibrationError, fitTemperature, sizeOf } from './probabilities.ts';
import { otherSimilarities, runTrial, type Trial, type TrialRows } from './trial.ts';

/** Most rows that a classifier is tried with; of more, an even sample by label. */
export const MOST_TRIAL_ROWS = 20_000;

export interface Calibration {
  /** What scores are divided by before they become probabilities. */
  temperature: number;
  thresholds: {
    /** An answer that is less sure than this is one of several. */
    confidence: number;
    /** A photo whose nearest neighbour is less similar than this is not of the kinds that are known. */
    similarity: number;
  };
  validation: {
    /** How the photos were divided. */
    halves: string;
    /** Photos that were asked about. */
    rows: number;
    /** Share that were given their own label, 0…1. */
    accuracy: number;
    /** Share whose own label was among the five likeliest. */
    topFive: number;
    /** Expected calibration error at the temperature. */
    calibrationError: number;
  }[];
}

/**
 * Tries a classifier's labels on photos that are kept apart in two ways, never in folds drawn at random: in contiguous halves
 * of each label by natural key order, and in two groups of each label by likeness, as names need not tell what belongs
 * together. In the first a photo may resemble what is known more than a new one will, in the second less: both count alike.
 *
 * @param labels of the classifier, in its order
 * @returns the same for the same rows
 */
export async function calibrate(
  labels: readonly string[],
  rows: TrialRows,
  products: MatrixProducts,
): Promise<Calibration> {
  const ways = [
    ['contiguous halves of each label in natural key order', halvesByKey(rows)],
    ['two groups of each label by likeness', halvesByLikeness(rows)],
  ] as const;
  const trials: { halves: string; trial: Trial }[] = [];
  for (const [name, halves] of ways) {
    trials.push({ halves: name, trial: await runTrial(halves, labels, rows, products) });
  }
  const all = trials.flatMap(({ trial }) => trial.asked);
  const temperature = fitTemperature(
    all.map(({ scores }) => scores),
    all.map(({ own }) => own),
  );
  return {
    temperature,
    thresholds: {
      confidence: leastConfidence(answersOf(all, temperature)),
      similarity: Math.min(
        quantile(
          trials.flatMap(({ trial }) => trial.similarities),
          UNLIKE_OTHERS,
        ),
        quantile(await otherSimilarities(rows, products), UNLIKE_OTHER_LABELS),
      ),
    },
    validation: trials.map(({ halves, trial: { asked } }) => {
      const answers = answersOf(asked, temperature);
      const share = (found: readonly unknown[]) => found.length / Math.max(asked.length, 1);
      return {
        halves,
        rows: asked.length,
        accuracy: share(answers.filter(({ isRight }) => isRight)),
        topFive: share(asked.filter(isAmongFive)),
        calibrationError: calibrationError(answers),
      };
    }),
  };
}

/**
 * A photo is known if it is as similar to its nearest as 95 in 100 photos of the trials to theirs, or as 80 in 100 photos to the
 * nearest of another label: frames of one spin are so much alike that only the second lets the other side of a fruit pass.
 * 90 in 100 would let pictures without fruit pass, where the model was trained to push labels apart (model/README.md).
 */
const UNLIKE_OTHERS = 0.05;
const UNLIKE_OTHER_LABELS = 0.2;

/**
 * The lowest confidence, 0.2…1 in steps of a twentieth, from which on answers about as sure, a tenth less or more, are not wrong
 * more often than right.
 */
export function leastConfidence(answers: readonly Answer[]): number {
  let least = 1;
  for (let step = 19; step >= 4; step--) {
    const near = answers.filter(({ confidence }) => Math.abs(confidence - step / 20) <= 0.1);
    if (near.filter(({ isRight }) => isRight).length * 2 < near.length) break;
    least = step / 20;
  }
  return least;
}

function answersOf(asked: Trial['asked'], temperature: number): Answer[] {
  return asked.map(({ scores, own }) => {
    const { most, sum } = sizeOf(scores, temperature);
    return { confidence: 1 / sum, isRight: scores[own] === most };
  });
}

function isAmongFive({ scores, own }: Trial['asked'][number]): boolean {
  let better = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > scores[own]!) better++;
  return better < 5;
}

/** The value below which a share of the values lies; −1, below every cosine, of no values. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * sorted.length)] ?? -1;
}
