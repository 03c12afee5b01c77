/** Packs what the charts draw, small enough to stand in the page. */
import { ContractBroken } from '../../core/errors.ts';
import { encodeWholes, packColumn } from '../shared/columns.ts';
import { compareLabels } from '../shared/labels.ts';
import type { Payload } from '../shared/payload.ts';
import type { ReportData, ReportPhoto, ReportPoint } from '../shared/report-data.ts';

const LEAST_BARS = 20;

/** Shares of the variance as drawn: all components kept, and half as many again where they are known. */
export function drawnShares(data: ReportData): number[] {
  const told = Math.max(data.components, data.elbow?.components ?? 0);
  const bars = Math.max(LEAST_BARS, Math.ceil(1.5 * told));
  return data.spectrum.slice(0, bars).map((value) => shareOf(value, data.totalVariance));
}

/** A variance as a share of the whole; of nothing, nothing. */
export function shareOf(variance: number, total: number): number {
  return total > 0 ? variance / total : 0;
}

/** Shares of the variance that the scree plot draws lines at. */
const REACHED = [0.8, 0.9, 0.95];

/** The data with its photos in the payload's order, and what its script draws. */
export interface Packed {
  payload: Payload;
  /** Where each photo of the data, points and then others, is in the payload. */
  placeOf(photo: number): number;
}

/**
 * Packs what the script draws. Coordinates are rounded to 1/65535 of their range.
 *
 * @throws ContractBroken if a photo has a label that `data.labels` does not list
 */
export function packPayload(data: ReportData): Packed {
  const { points, others = [] } = data;
  const labels = data.labels.map(({ label }) => label).sort(compareLabels);
  const place = new Map(labels.map((label, at) => [label, at]));
  const photos: ReportPhoto[] = [...points, ...others];
  const order = [...sorted(points, 0), ...sorted(others, points.length)];
  const places = new Int32Array(photos.length);
  for (const [to, from] of order.entries()) places[from] = to;
  const drawn = order.slice(0, points.length).map((from) => points[from]!);
  const pictured = order.flatMap((from, to) => (photos[from]!.thumbnail === undefined ? [] : [to]));
  const payload: Payload = {
    shares: drawnShares(data).map((share) => Number(share.toPrecision(6))),
    kept: data.components,
    ...(data.elbow && { elbow: data.elbow }),
    levels: reachedBy(data).map(({ share }) => share),
    labels,
    photos: packPhotos(
      order.map((at) => photos[at]!),
      place,
    ),
    points: {
      count: points.length,
      components: axesOf(data, drawn).map((axis) => packColumn(drawn.map(({ at }) => at[axis] ?? 0))),
      ...(drawn[0]?.nearby && {
        nearby: [
          packColumn(drawn.map(({ nearby }) => nearby![0])),
          packColumn(drawn.map(({ nearby }) => nearby![1])),
        ],
      }),
      ...(drawn[0]?.neighbours && { neighbours: packNeighbours(drawn, places) }),
    },
    thumbnails: { place: pictured, data: pictured.map((to) => photos[order[to]!]!.thumbnail!) },
  };
  return { payload, placeOf: (photo) => places[photo]! };
}

function sorted(photos: ReportPhoto[], from: number): number[] {
  const order = photos.map((_, at) => at);
  return order.sort((a, b) => (photos[a]!.key < photos[b]!.key ? -1 : 1)).map((at) => from + at);
}

function axesOf({ components }: ReportData, drawn: ReportPoint[]): number[] {
  const most = Math.min(components, drawn[0]?.at.length ?? 1);
  return Array.from({ length: most }, (_, axis) => axis);
}

function packPhotos(photos: ReportPhoto[], place: Map<string | null, number>): Payload['photos'] {
  const shared = photos.map(({ key }, at) => sharedLength(photos[at - 1]?.key ?? '', key));
  return {
    shared,
    rest: photos.map(({ key }, at) => key.slice(shared[at])),
    label: encodeWholes(photos.map((photo) => labelPlace(photo, place))),
  };
}

function packNeighbours(drawn: ReportPoint[], places: Int32Array): Payload['points']['neighbours'] & object {
  const all = drawn.flatMap(({ neighbours = [] }) => neighbours);
  return {
    each: drawn[0]?.neighbours?.length ?? 0,
    place: encodeWholes(all.map(({ photo }) => places[photo]!)),
    similarity: encodeWholes(all.map(({ similarity }) => Math.round(32_767.5 * (similarity + 1)))),
  };
}

/** Of each share to reach, how many components hold it; left out where not enough of the spectrum is known. */
export function reachedBy({ spectrum, totalVariance }: ReportData): { share: number; components: number }[] {
  let held = 0;
  const sums = spectrum.map((value) => {
    held += shareOf(value, totalVariance);
    return held;
  });
  return REACHED.flatMap((share) => {
    const at = sums.findIndex((sum) => sum >= share);
    return at < 0 ? [] : [{ share, components: at + 1 }];
  });
}

function labelPlace({ key, label }: ReportPhoto, place: Map<string | null, number>): number {
  const at = place.get(label);
  if (at !== undefined) return at;
  throw new ContractBroken(
    `the report's photo ${key} has label ${label}, which is not among its ${place.size} labels: list every label`,
  );
}

function sharedLength(before: string, key: string): number {
  let at = 0;
  while (at < key.length && key[at] === before[at]) at++;
  return at;
}
