/** How good answers are, where the truth is known. */
import { calibrationError } from '../../functions/core/classifier/probabilities.ts';
import type { Identification } from '../../functions/core/identify/identify.ts';

/** A photo that was identified, and the label that it has. */
export interface Judged {
  label: string;
  found: Pick<Identification, 'candidates' | 'confidence' | 'known'>;
}

export interface Score {
  photos: number;
  /** Photos whose label the snapshot does not know; they count as wrong. */
  unknownLabels: number;
  /** Shares of the photos whose label comes first, or among the first five. */
  top1: number;
  top5: number;
  /** Mean over labels of the share of their photos whose label comes first. */
  macro: number;
  /** What confidence and share of right answers differ by, over ten bins. */
  calibrationError: number;
  /** Share of photos answered with a confidence of 0.8 or more, and the share of those that is right. */
  covered: number;
  coveredRight: number;
  /** Share of photos that are taken for a known kind. */
  known: number;
}

const SURE = 0.8;

/** @param labels that the snapshot knows */
export function scoreOf(judged: readonly Judged[], labels: readonly string[]): Score {
  const isLabel = new Set(labels);
  const byLabel = new Map<string, { photos: number; right: number }>();
  const answers = judged.map(({ label, found }) => {
    const place = found.candidates.findIndex((candidate) => candidate.label === label);
    const of = byLabel.get(label) ?? { photos: 0, right: 0 };
    byLabel.set(label, { photos: of.photos + 1, right: of.right + Number(place === 0) });
    return {
      confidence: found.confidence,
      isRight: place === 0,
      isAmongFive: place >= 0,
      known: found.known,
    };
  });
  const share = <T>(of: readonly T[], is: (one: T) => boolean) =>
    of.filter(is).length / Math.max(of.length, 1);
  const sure = answers.filter(({ confidence }) => confidence >= SURE);
  const shares = [...byLabel.values()].map(({ photos, right }) => right / photos);
  return {
    photos: judged.length,
    unknownLabels: judged.filter(({ label }) => !isLabel.has(label)).length,
    top1: share(answers, ({ isRight }) => isRight),
    top5: share(answers, ({ isAmongFive }) => isAmongFive),
    macro: shares.reduce((sum, value) => sum + value, 0) / Math.max(shares.length, 1),
    calibrationError: calibrationError(answers),
    covered: share(answers, ({ confidence }) => confidence >= SURE),
    coveredRight: share(sure, ({ isRight }) => isRight),
    known: share(answers, ({ known }) => known),
  };
}

export function describeScore(score: Score): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = [
    `${score.photos} photos, ${new Intl.NumberFormat('en').format(score.unknownLabels)} of labels that the snapshot does not know`,
    `top-1 ${percent(score.top1)}   top-5 ${percent(score.top5)}   mean over labels ${percent(score.macro)}`,
    `calibration error ${score.calibrationError.toFixed(3)}`,
    `confidence of 0.8 or more: ${percent(score.covered)} of photos, of which ${percent(score.coveredRight)} are right`,
    `taken for a known kind: ${percent(score.known)}`,
  ];
  return lines.join('\n');
}
