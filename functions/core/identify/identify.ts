/** Identifying: a photo → what fruit it shows, how sure that is, and the stored photos most like it. */
import { type Neighbour, nearest } from '../classifier/neighbour-index.ts';
import type { decodePhoto } from '../photo/photo.ts';
import type { PhotoLimits } from '../photo/photo-limits.ts';
import type { Clock, Session } from '../ports.ts';
import { stopwatch } from '../stopwatch.ts';
import type { Knowledge } from './knowledge.ts';
import { type ViewCount, viewsOf } from './views.ts';

export interface IdentifyPorts {
  session: Session;
  decode: typeof decodePhoto;
  limits: PhotoLimits;
  clock: Clock;
  knowledge(): Promise<Knowledge>;
}

/** What is answered, as plain JSON. */
export interface Identification {
  /** The label; null where the photo is of no known kind, or may be one of several. */
  answer: string | null;
  /** Whether the photo is like any that are stored. */
  known: boolean;
  /** How likely the first candidate is right if the photo is of a known kind, 0…1. */
  confidence: number;
  /** The likeliest labels, at most five, likeliest first. */
  candidates: { label: string; probability: number }[];
  /** The stored photos most like it, at most five, most alike first. */
  neighbours: Neighbour[];
  model: string;
  snapshot: string;
  /** By step. */
  milliseconds: Record<string, number>;
}

const MOST_CANDIDATES = 5;
const MOST_NEIGHBOURS = 5;

/**
 * Identifies one photo. Nothing of it is kept.
 *
 * The label of highest probability is the answer where it is sure enough; where it is not, the photo is one of the
 * candidates. It is of no known kind where the most similar stored photo is less similar than stored photos are to those of
 * another occasion. Of several views the probabilities are averaged, and the most similar neighbours of any count.
 *
 * @param photo as somebody sent it
 * @throws Refusal as {@link decodePhoto}
 * @throws NothingKnown where there is no snapshot, or none with a classifier
 */
export async function identifyPhoto(
  { session, decode, limits, clock, knowledge }: IdentifyPorts,
  photo: Uint8Array,
  count: ViewCount = 1,
): Promise<Identification> {
  const { milliseconds, timed } = stopwatch(clock);
  const known = await timed('snapshot', knowledge);
  const { pixels } = await timed('decode', () => decode(photo, limits));
  const views: Float32Array[] = [];
  for (const view of viewsOf(pixels, count)) {
    views.push((await timed('features', () => session.run(view))).slice());
  }
  const found = await timed('identify', () => answerFor(known, views));
  return { ...found, model: known.facts.model, snapshot: known.facts.snapshot, milliseconds };
}

/** The answer to one photo from the features of its views, each Float32Array [d]. */
export async function answerFor(
  { facts, index, classify }: Knowledge,
  views: readonly Float32Array[],
): Promise<Omit<Identification, 'model' | 'snapshot' | 'milliseconds'>> {
  const probabilities = new Float64Array(facts.labels.length);
  const neighbours = new Map<string, Neighbour>();
  for (const features of views) {
    const shares = await classify(features);
    for (const [at, share] of shares.entries()) probabilities[at]! += share / views.length;
    for (const neighbour of nearest(index, features, MOST_NEIGHBOURS)) {
      if (neighbour.similarity > (neighbours.get(neighbour.key)?.similarity ?? -2)) {
        neighbours.set(neighbour.key, neighbour);
      }
    }
  }
  return judge(facts, probabilities, [...neighbours.values()]);
}

function judge(
  { labels, thresholds }: Knowledge['facts'],
  probabilities: Float64Array,
  found: Neighbour[],
): Pick<Identification, 'answer' | 'known' | 'confidence' | 'candidates' | 'neighbours'> {
  const neighbours = found.sort((a, b) => b.similarity - a.similarity).slice(0, MOST_NEIGHBOURS);
  const candidates = labels
    .map((label, at) => ({ label, probability: probabilities[at]! }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, MOST_CANDIDATES);
  const confidence = candidates[0]?.probability ?? 0;
  const known = (neighbours[0]?.similarity ?? -1) >= thresholds.similarity;
  const isSure = known && confidence >= thresholds.confidence;
  return {
    answer: isSure ? (candidates[0]?.label ?? null) : null,
    known,
    confidence,
    candidates,
    neighbours,
  };
}
