/** Packs what the charts draw, small enough to stand in the page. */
import { ContractBroken } from '../../core/errors.ts';
import { compareLabels } from '../shared/labels.ts';
import type { Column, Payload } from '../shared/payload.ts';
import type { ReportData, ReportPoint } from '../shared/report-data.ts';

const STEPS = 9999;
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

/**
 * Packs what the charts draw. Coordinates are rounded to 1/9999 of their range, under a tenth of a pixel.
 *
 * @throws ContractBroken if a point has a label that `data.labels` does not list
 */
export function packPayload(data: ReportData): Payload {
  const labels = data.labels.map(({ label }) => label).sort(compareLabels);
  const place = new Map(labels.map((label, at) => [label, at]));
  const points = [...data.points].sort((a, b) => (a.key < b.key ? -1 : 1));
  const keys = points.map(({ key }) => key);
  const shared = keys.map((key, at) => sharedLength(keys[at - 1] ?? '', key));
  return {
    shares: drawnShares(data).map((share) => Number(share.toPrecision(6))),
    kept: data.components,
    ...(data.elbow && { elbow: data.elbow }),
    labels,
    points: {
      label: points.map((point) => placeOf(point, place)),
      shared,
      rest: keys.map((key, at) => key.slice(shared[at])),
      x: packColumn(points.map(({ x }) => x)),
      ...(data.components > 1 && { y: packColumn(points.map(({ y }) => y)) }),
    },
  };
}

function packColumn(values: number[]): Column {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const step = most > least ? (most - least) / STEPS : 1;
  return {
    from: values.length > 0 ? least : 0,
    step,
    at: values.map((value) => Math.round((value - least) / step)),
  };
}

function placeOf({ key, label }: ReportPoint, place: Map<string | null, number>): number {
  const at = place.get(label);
  if (at !== undefined) return at;
  throw new ContractBroken(
    `the report's point ${key} has label ${label}, which is not among its ${place.size} labels: list every label`,
  );
}

function sharedLength(before: string, key: string): number {
  let at = 0;
  while (at < key.length && key[at] === before[at]) at++;
  return at;
}
