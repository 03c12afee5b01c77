/** Scores → probabilities that mean what they say. */

/** An answer that was tried: how sure it was, and whether it was right. */
export interface Answer {
  confidence: number;
  isRight: boolean;
}

/** exp(score / temperature), brought to a sum of 1. Float64Array [C] of the same order. */
export function probabilities(scores: Float64Array | Float32Array, temperature: number): Float64Array {
  const { most, sum } = sizeOf(scores, temperature);
  const shares = new Float64Array(scores.length);
  for (let i = 0; i < shares.length; i++) shares[i] = Math.exp((scores[i]! - most) / temperature) / sum;
  return shares;
}

/** The largest score, and the sum of exp((score − largest) / temperature). */
export function sizeOf(
  scores: Float64Array | Float32Array,
  temperature: number,
): { most: number; sum: number } {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) if (scores[i]! > most) most = scores[i]!;
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.exp((scores[i]! - most) / temperature);
  return { most, sum };
}

/**
 * The temperature at which the labels that rows have are likeliest, within {@link COLDEST} and {@link HOTTEST}: golden-section
 * search on its logarithm. Guo et al., "On Calibration of Modern Neural Networks" (2017).
 *
 * @param scores of each row, [C] each
 * @param classes place of each row's own label
 */
export function fitTemperature(scores: readonly Float64Array[], classes: readonly number[]): number {
  const surprise = (logarithm: number) => {
    const temperature = Math.exp(logarithm);
    let sum = 0;
    for (const [i, row] of scores.entries()) {
      const { most, sum: all } = sizeOf(row, temperature);
      sum -= Math.log(Math.max(Math.exp((row[classes[i]!]! - most) / temperature) / all, 1e-12));
    }
    return sum;
  };
  let [low, high] = [Math.log(COLDEST), Math.log(HOTTEST)];
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [surprise(left), surprise(right)];
  while (high - low > 1e-3) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = surprise(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = surprise(right);
    }
  }
  return Math.exp((low + high) / 2);
}

const COLDEST = 0.01;
const HOTTEST = 1;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Expected calibration error: answers in ten bins by confidence, the mean of how far each bin's share of right answers is from
 * its mean confidence, weighted by its answers. 0 is perfect; none give 0.
 */
export function calibrationError(answers: readonly Answer[]): number {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, right: 0 }));
  for (const { confidence, isRight } of answers) {
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.confidence += confidence;
    if (isRight) bin.right += 1;
  }
  return (
    bins.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right), 0) /
    Math.max(answers.length, 1)
  );
}

const BINS = 10;
