/** When to believe a classifier, and how much: what its trials show. */
import type { MatrixProducts } from '../pca/matrix.ts';
import { halvesByKey, halvesByLikeness } from './folds.ts';
import type { LearnedCollection } from './learned.ts';
import { type Answer, calibrationError, fitTemperature, sizeOf } from './probabilities.ts';
import {
  NOT_TRIED,
  otherSimilarities,
  runTrial,
  type Trial,
  type TrialResult,
  type TrialRows,
} from './trial.ts';

/** Most rows that a classifier is tried with; of more, an even sample by label. */
export const MOST_TRIAL_ROWS = 20_000;

/**
 * So many photos that the model has not learned are enough to ask about them alone: of 712 phone photos, 200 drawn at random find
 * the temperature to within 4 % (one standard deviation), which moves the calibration error by 0.01; 50 to within 9 %.
 */
export const ENOUGH_NEW = 200;

export interface Calibration {
  /** What scores are divided by before they become probabilities. */
  temperature: number;
  thresholds: {
    /** An answer that is less sure than this is one of several. */
    confidence: number;
    /** A photo whose nearest neighbour is less similar than this is not of the kinds that are known. */
    similarity: number;
  };
  validation: TrialResult[];
  /** Absent where it is not known which photos the model was trained on. */
  learned?: {
    /** Photos of those tried that the model was trained on. */
    photos: number;
    /** What set the temperature: this snapshot's other photos, or, as they are too few, trials that the model's training was put to. */
    asked: typeof SNAPSHOT | typeof TRAINING;
  };
}

/**
 * Tries a classifier's labels on photos that are kept apart in two ways, never in folds drawn at random: in contiguous halves
 * of each label by natural key order, and in two groups of each label by likeness, as names need not tell what belongs
 * together. In the first a photo may resemble what is known more than a new one will, in the second less: both count alike.
 *
 * Photos that the model was trained on are told and not asked about: it has pressed together what has one label, and finds 99 in 100 of
 * them where it finds 62 of others. Where too few are left, the same trials count that the model's training was put to.
 *
 * @param labels of the classifier, in its order
 * @param learned what the model was trained on, where that is known
 * @returns the same for the same rows
 */
export async function calibrate(
  labels: readonly string[],
  rows: TrialRows,
  products: MatrixProducts,
  learned?: readonly LearnedCollection[],
): Promise<Calibration> {
  const { known, asked, most } = divide(rows, learned ?? []);
  const ways = [
    ['contiguous halves of each label in natural key order', halvesByKey(rows)],
    ['two groups of each label by likeness', halvesByLikeness(rows)],
  ] as const;
  const trials: { halves: string; trial: Trial }[] = [];
  for (const [name, halves] of ways) {
    trials.push({ halves: name, trial: await runTrial(halves, labels, rows, products, asked) });
  }
  const similarity = Math.min(
    quantile(
      trials.flatMap(({ trial }) => trial.similarities),
      UNLIKE_OTHERS,
    ),
    quantile(await otherSimilarities(rows, products), UNLIKE_OTHER_LABELS),
  );
  const of = learned && { learned: { photos: known, asked: most ? TRAINING : SNAPSHOT } as const };
  if (most) {
    const { temperature, confidence, validation } = most.calibration;
    return { temperature, thresholds: { confidence, similarity }, validation, ...of };
  }
  const all = trials.flatMap(({ trial }) => trial.asked);
  const temperature = fitTemperature(
    all.map(({ scores }) => scores),
    all.map(({ own }) => own),
  );
  return {
    temperature,
    thresholds: { confidence: leastConfidence(answersOf(all, temperature)), similarity },
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
    ...of,
  };
}

const SNAPSHOT = 'photos of this snapshot';
const TRAINING = 'photos of the training';

/** How many photos the model has learned, which rows are asked about, and the collection of most of them where the others are too few. */
function divide({ classes, learned: places }: TrialRows, learned: readonly LearnedCollection[]) {
  const counts = learned.map(() => 0);
  let [known, others] = [0, 0];
  for (const [row, own] of classes.entries()) {
    const place = places?.[row] ?? -1;
    if (own === NOT_TRIED) continue;
    if (place < 0) others++;
    else {
      known++;
      counts[place]!++;
    }
  }
  const enough = others >= Math.min(ENOUGH_NEW, known);
  const most = enough ? undefined : learned[counts.indexOf(Math.max(...counts))];
  return { known, most, asked: (row: number) => !enough || (places?.[row] ?? -1) < 0 };
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
