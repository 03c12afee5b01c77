/** What of a review a report has room for: the first entries of each list, the photos on the map, whose pictures to make. */
import type { SpooledRow } from '../spool/spooled-row.ts';
import { EvenSample } from './even-sample.ts';
import type { Mislabelled } from './mislabelled.ts';
import type { Review } from './review.ts';

/** Most photos on the map that are there for the map's sake. */
const MOST_POINTS = 8000;
/** Entries of each list. */
const LISTED = { mislabelled: 24, copies: 6, nearDuplicates: 12, outliers: 12, confusions: 12 };
/** Photos of a group of copies that are shown. */
const OF_A_GROUP = 4;
/** Photos at either end of a component. */
const AT_AN_END = 6;

/** The first entries of a list, and how many there are. */
export interface First<T> {
  first: T[];
  total: number;
}

/** Places are of the rows compared. */
export interface Shown {
  mislabelled: First<Review['mislabelled'][number]>;
  copies: First<number[]>;
  nearDuplicates: First<Review['nearDuplicates'][number]>;
  outliers: First<Review['outliers'][number]>;
  confusions: First<Review['agreement']['confusions'][number]>;
  /** Photos on the map: an even sample by label and all that the lists name, ascending. */
  points: number[];
  /** Photos whose pictures are wanted, the most wanted first: of the lists, most alike to those, at ends of components, on the map. */
  pictures: number[];
  /** How many of them, at the beginning, are of the lists. */
  listed: number;
}

/**
 * @param components row-major Float32Array [rows × c]
 * @param mostPoints of the even sample
 */
export function chooseShown(
  review: Review,
  rows: SpooledRow[],
  components: Float32Array,
  mostPoints = MOST_POINTS,
): Shown {
  const mislabelled = firstOf(review.mislabelled, LISTED.mislabelled);
  const copies = firstOf(
    review.copies.map((group) => group.slice(0, OF_A_GROUP)),
    LISTED.copies,
  );
  const nearDuplicates = firstOf(review.nearDuplicates, LISTED.nearDuplicates);
  const outliers = firstOf(review.outliers, LISTED.outliers);
  const listed = new Set([
    ...mislabelled.first.flatMap((of) => [of.place, ...supporters(review, rows, of)]),
    ...copies.first.flat(),
    ...nearDuplicates.first.flatMap(({ places }) => places),
    ...outliers.first.map(({ place }) => place),
  ]);
  const sampled = sample(rows, mostPoints);
  const points = [...new Set([...sampled, ...listed])].sort((a, b) => a - b);
  return {
    mislabelled,
    copies,
    nearDuplicates,
    outliers,
    confusions: firstOf(review.agreement.confusions, LISTED.confusions),
    points,
    pictures: [
      ...new Set([
        ...listed,
        ...[...listed].flatMap((place) => neighboursOf(review, place)),
        ...endsOf(points, components, rows.length),
        ...scattered(points),
      ]),
    ],
    listed: listed.size,
  };
}

/** The neighbours that say that a photo's label is wrong: the first two that bear the other label. */
export function supporters(
  review: Pick<Review, 'neighbours'>,
  rows: SpooledRow[],
  { place, label }: Pick<Mislabelled, 'place' | 'label'>,
): number[] {
  return neighboursOf(review, place)
    .filter((other) => rows[other]!.label === label)
    .slice(0, 2);
}

function neighboursOf({ neighbours: { place, each } }: Pick<Review, 'neighbours'>, of: number): number[] {
  return [...place.subarray(of * each, (of + 1) * each)];
}

function firstOf<T>(all: T[], most: number): First<T> {
  return { first: all.slice(0, most), total: all.length };
}

function sample(rows: SpooledRow[], most: number): number[] {
  const counts = new Map<string | null, number>();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const even = new EvenSample(counts, most);
  return rows.flatMap(({ label }, at) => (even.takes(label) ? [at] : []));
}

function endsOf(points: number[], components: Float32Array, rows: number): number[] {
  const c = components.length / rows;
  const ends: number[] = [];
  for (let component = 0; component < c; component++) {
    const sorted = [...points].sort(
      (a, b) => components[a * c + component]! - components[b * c + component]!,
    );
    ends.push(...sorted.slice(0, AT_AN_END), ...sorted.slice(-AT_AN_END));
  }
  return ends;
}

/** The same photos in an order whose every beginning is spread evenly: in steps of the golden section. */
function scattered(points: number[]): number[] {
  const order = points.map((_, at) => (at * 0.618_033_988_749_895) % 1);
  return points
    .map((_, at) => at)
    .sort((a, b) => order[a]! - order[b]!)
    .map((at) => points[at]!);
}
