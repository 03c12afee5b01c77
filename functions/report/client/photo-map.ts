/** The photos and where they lie in the frame, before anything is drawn. */
import { type Centroid, centroids } from '../shared/centroids.ts';
import { decodeWholes, unpackColumn } from '../shared/columns.ts';
import { compareLabels, UNLABELLED } from '../shared/labels.ts';
import { type Mark, markOf } from '../shared/marks.ts';
import { type Payload, unpackKeys } from '../shared/payload.ts';

/** What the map's axes are: two components by their place, or the other arrangement. */
export type Axes = [x: number, y: number] | 'nearby';

/** All photos, the points of the map first, and the map as it is arranged and coloured now. */
export interface PhotoMap {
  /** Keys of all photos. */
  photos: string[];
  /** Place of each photo's group: of its label, or of the folder above it. */
  label: number[];
  /** Names of the groups. */
  labels: (string | null)[];
  /** Coordinates of the points. */
  x: number[];
  y: number[];
  axes: Axes;
  /** The order in which points are drawn: groups mixed, so that none lies as a whole on top of the others. */
  order: number[];
  centroids: Centroid[];
  /** Share of the variance of each component. */
  shares: number[];
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

/** Unpacks the photos; the map has the first two components as axes and is coloured by label. */
export function readMap(payload: Payload): PhotoMap {
  const { points, shares } = payload;
  const map = {
    photos: unpackKeys(payload.photos),
    ...byLabel(payload),
    x: [],
    y: [],
    axes: [0, 1] as Axes,
    order: mixed(points.count),
    centroids: [],
    shares,
    flat: points.components.length < 2,
  };
  return arrange(map, payload, [0, 1]);
}

/** The same photos along other axes. */
export function arrange(map: PhotoMap, { points }: Payload, axes: Axes): PhotoMap {
  const columns =
    axes === 'nearby' ? points.nearby! : [points.components[axes[0]]!, points.components[axes[1]]];
  const x = unpackColumn(columns[0]!);
  const flat = columns[1] === undefined;
  const y = columns[1] ? unpackColumn(columns[1]) : x.map((_, at) => 0.5 - (at + 0.5) / x.length);
  return withCentroids({ ...map, x, y, axes, flat });
}

/** The same photos in other groups. */
export function regroup(map: PhotoMap, groups: Pick<PhotoMap, 'label' | 'labels'>): PhotoMap {
  return withCentroids({ ...map, ...groups });
}

/** Groups by label. */
export function byLabel({ photos, labels }: Payload): Pick<PhotoMap, 'label' | 'labels'> {
  return { label: Array.from(decodeWholes(photos.label)), labels };
}

/** Groups by the folder above the one that names the label; those without one last. */
export function byFolder(keys: string[]): Pick<PhotoMap, 'label' | 'labels'> {
  const folders = keys.map((key) => key.split('/').slice(0, -2).join('/') || null);
  const labels = [...new Set(folders)].sort(compareLabels);
  const place = new Map(labels.map((folder, at) => [folder, at]));
  return { label: folders.map((folder) => place.get(folder)!), labels };
}

function withCentroids(map: PhotoMap): PhotoMap {
  return { ...map, centroids: centroids(map.label.slice(0, map.x.length), map.x, map.y) };
}

/** A frame of all points in which a unit is as long across as up, as high as they need within what is readable. */
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

/** The frame when the plane is made larger about a place of the chart, which stays where it is. */
export function zoomed(frame: Frame, whole: Frame, factor: number, place: [number, number]): Frame {
  const wide = frame.width - MARGIN.left - MARGIN.right;
  const high = frame.height - MARGIN.top - MARGIN.bottom;
  const now = zoomOf(frame, whole);
  const by = Math.min(Math.max(now * factor, 1), MOST_ZOOM) / now;
  const about = ([from, to]: [number, number], share: number): [number, number] => {
    const fixed = from + share * (to - from);
    return [fixed + (from - fixed) / by, fixed + (to - fixed) / by];
  };
  const x = about(frame.x, (place[0] - MARGIN.left) / wide);
  const y = about(frame.y, 1 - (place[1] - MARGIN.top) / high);
  return within({ ...frame, x, y }, whole);
}

/** The frame moved by so many pixels; what is drawn never leaves the whole. */
export function moved(frame: Frame, whole: Frame, right: number, down: number): Frame {
  const byX = (right * (frame.x[1] - frame.x[0])) / (frame.width - MARGIN.left - MARGIN.right);
  const byY = (down * (frame.y[1] - frame.y[0])) / (frame.height - MARGIN.top - MARGIN.bottom);
  const x: [number, number] = [frame.x[0] - byX, frame.x[1] - byX];
  return within({ ...frame, x, y: [frame.y[0] + byY, frame.y[1] + byY] }, whole);
}

/** How many times larger than the whole. */
export function zoomOf(frame: Frame, whole: Frame): number {
  return (whole.x[1] - whole.x[0]) / (frame.x[1] - frame.x[0]);
}

const MOST_ZOOM = 400;

function within(frame: Frame, whole: Frame): Frame {
  const keep = ([from, to]: [number, number], [least, most]: [number, number]): [number, number] => {
    const size = to - from;
    if (size >= most - least) return [least, most];
    const start = Math.min(Math.max(from, least), most - size);
    return [start, start + size];
  };
  return { ...frame, x: keep(frame.x, whole.x), y: keep(frame.y, whole.y) };
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

/** Whether a place lies inside an outline, by the even-odd rule. */
export function inside(outline: readonly [x: number, y: number][], [x, y]: [number, number]): boolean {
  let is = false;
  for (const [at, [x1, y1]] of outline.entries()) {
    const [x2, y2] = outline[(at + 1) % outline.length]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) is = !is;
  }
  return is;
}

/** How a group of photos looks. */
export function markOfGroup({ labels }: PhotoMap, place: number): Mark {
  return labels[place] === null ? UNMARKED : markOf(place);
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
