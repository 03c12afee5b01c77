/** The points of the scatter plot and where they lie in its frame, before anything is drawn. */
import { type Centroid, centroids } from '../shared/centroids.ts';
import { UNLABELLED } from '../shared/labels.ts';
import { type Mark, markOf } from '../shared/marks.ts';
import { type Payload, unpackColumn, unpackKeys } from '../shared/payload.ts';

/** The points as drawn, by index, and all that is derived from them once. */
export interface PhotoMap {
  photos: string[];
  /** Place of each point's label. */
  label: number[];
  x: number[];
  y: number[];
  /** Share of the variance of each component. */
  shares: number[];
  labels: (string | null)[];
  centroids: Centroid[];
  /** One component only: y is the place in the order of keys, so that each folder makes a band. */
  flat: boolean;
}

/** What part of the plane is drawn, and on how many pixels. */
export interface Frame {
  width: number;
  height: number;
  x: [from: number, to: number];
  y: [from: number, to: number];
}

/** Pixels around the plane, for the axes' numbers and names. */
export const MARGIN = { left: 54, right: 12, top: 12, bottom: 44 };

const HIGHEST = 620;
const BAND = 18;
/** For what bears no label: a disc in no label's colour. */
const UNMARKED: Mark = { colour: -1, shape: 0 };

/** Unpacks the points and mixes their order, so that no label as a whole lies on top of the others. */
export function readMap({ points, labels, shares }: Payload): PhotoMap {
  const total = points.label.length;
  const order = mixed(total);
  const pick = <T>(column: T[]) => order.map((at) => column[at]!);
  const label = pick(points.label);
  const x = pick(unpackColumn(points.x));
  const y = points.y ? pick(unpackColumn(points.y)) : order.map((at) => 0.5 - (at + 0.5) / total);
  return {
    photos: pick(unpackKeys(points)),
    label,
    x,
    y,
    shares,
    labels,
    centroids: centroids(label, x, y),
    flat: points.y === undefined,
  };
}

/** A frame in which a unit is as long across as up, as high as the points need within what is readable. */
export function frameMap({ x, y, flat, labels }: PhotoMap, width: number): Frame {
  const across = extent(x);
  const up = flat ? { middle: 0, half: 0.52 } : extent(y);
  const wide = width - MARGIN.left - MARGIN.right;
  const natural = flat ? BAND * labels.length : (wide * up.half) / across.half;
  const high = Math.min(
    Math.max(natural, flat ? 160 : 240, flat ? 0 : wide * 0.6),
    Math.max(wide * 1.15, 240),
    HIGHEST,
  );
  const unit = Math.max(across.half / wide, up.half / high);
  const [halfWide, halfHigh] = flat ? [across.half, up.half] : [unit * wide, unit * high];
  return {
    width,
    height: high + MARGIN.top + MARGIN.bottom,
    x: [across.middle - halfWide, across.middle + halfWide],
    y: [up.middle - halfHigh, up.middle + halfHigh],
  };
}

/** A place of the plane in the chart, in pixels from its top left. */
export function toPixels({ width, height, x, y }: Frame, atX: number, atY: number): [number, number] {
  const wide = width - MARGIN.left - MARGIN.right;
  const high = height - MARGIN.top - MARGIN.bottom;
  return [
    MARGIN.left + (wide * (atX - x[0])) / (x[1] - x[0]),
    MARGIN.top + (high * (y[1] - atY)) / (y[1] - y[0]),
  ];
}

/**
 * The point nearest to a place in the chart.
 *
 * @param place pixels from the chart's top left
 * @param reach pixels beyond which a point is not near
 * @param focus where given, other labels' points count only if none of these is near
 * @returns index of the point; undefined if none is near
 */
export function nearestPoint(
  map: PhotoMap,
  frame: Frame,
  place: [number, number],
  reach: number,
  focus?: ReadonlySet<number>,
): number | undefined {
  let [nearest, least] = [-1, reach];
  let [nearestOther, leastOther] = [-1, reach];
  for (let index = 0; index < map.x.length; index++) {
    const [right, down] = toPixels(frame, map.x[index]!, map.y[index]!);
    const distance = Math.hypot(right - place[0], down - place[1]);
    if (focus === undefined || focus.has(map.label[index]!)) {
      if (distance < least) [nearest, least] = [index, distance];
    } else if (distance < leastOther) [nearestOther, leastOther] = [index, distance];
  }
  const found = nearest >= 0 ? nearest : nearestOther;
  return found >= 0 ? found : undefined;
}

/** How a point's label looks. */
export function markAt(map: PhotoMap, index: number): Mark {
  const place = map.label[index]!;
  return map.labels[place] === null ? UNMARKED : markOf(place);
}

/** What a label is called in the chart: one line. */
export function nameAt(map: PhotoMap, place: number): string {
  return (map.labels[place] ?? UNLABELLED).replace(/\s+/g, ' ');
}

function extent(values: number[]): { middle: number; half: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (least > most) return { middle: 0, half: 1 };
  return { middle: (least + most) / 2, half: most > least ? (most - least) * 0.53 : 1 };
}

/** The numbers below n, each once, in steps of the golden section (made prime to n): neighbours far apart. */
function mixed(n: number): number[] {
  let step = Math.max(1, Math.round(n * 0.618));
  while (commonDivisor(step, n) > 1) step++;
  return Array.from({ length: n }, (_, at) => (at * step) % n);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
