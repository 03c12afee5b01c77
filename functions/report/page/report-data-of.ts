import type { Review } from '../../core/review/review.ts';
import type { Seen } from '../../core/review/seen.ts';
import { supporters } from '../../core/review/shown.ts';
import type { Thumbnails } from '../../core/review/thumbnails.ts';
import type { Run } from '../../core/snapshot/documents.ts';
import type { ReportData, ReportPhoto, ReportReview } from '../shared/report-data.ts';

/** What the report shows of a run. */
export function reportDataOf(
  { snapshot, startedAt, pca, prefix, counts, classifier, milliseconds }: Run,
  seen: Seen,
): ReportData {
  const { points, others, photoOf } = photosOf(seen);
  return {
    snapshot: snapshot.name,
    createdAt: new Date(startedAt).toISOString(),
    model: pca.model,
    dimension: pca.dimension,
    rows: counts.used,
    options: pca.options,
    prefix,
    components: pca.k,
    spectrum: Array.from(pca.spectrum),
    totalVariance: pca.totalVariance,
    elbow:
      pca.elbow === undefined
        ? undefined
        : { components: pca.elbow, method: 'Kneedle (Satopää et al. 2011)' },
    labels: [...seen.labels].map(([label, count]) => ({ label, count })),
    refused: Object.entries(counts.refused).map(([reason, count]) => ({ reason, count })),
    skipped: counts.erased === 0 ? [] : [{ why: 'erased: the photo was deleted', count: counts.erased }],
    classifier,
    durations: Object.entries(milliseconds).map(([step, value]) => ({ step, milliseconds: value })),
    warnings: pca.warnings,
    points,
    others,
    review: reviewOf(seen, photoOf),
    refusedPhotos: seen.refused,
    ...(seen.thumbnails && { pictures: picturesOf(seen.thumbnails) }),
  };
}

/** The points of the map, and then the photos that are only neighbours of theirs. */
function photosOf({ sample: { rows, components }, review: { neighbours }, shown, nearby, thumbnails }: Seen) {
  const c = components.length / rows.length;
  const pictures = new Map(
    [...(thumbnails?.made ?? [])].map(([at, picture]) => [shown.pictures[at]!, picture]),
  );
  const photo = (place: number): ReportPhoto => {
    const { key, label } = rows[place]!;
    const thumbnail = pictures.get(place);
    return { key, label, ...(thumbnail !== undefined && { thumbnail }) };
  };
  const { each } = neighbours;
  const near = (place: number) => [...neighbours.place.subarray(place * each, (place + 1) * each)];
  const photoOf = new Map(shown.points.map((place, at) => [place, at]));
  for (const place of shown.points) {
    for (const other of near(place)) if (!photoOf.has(other)) photoOf.set(other, photoOf.size);
  }
  const points = shown.points.map((place, at) => ({
    ...photo(place),
    at: [...components.subarray(place * c, (place + 1) * c)],
    nearby: [nearby[2 * at]!, nearby[2 * at + 1]!] as [number, number],
    neighbours: near(place).map((other, rank) => ({
      photo: photoOf.get(other)!,
      similarity: neighbours.similarity[place * each + rank]!,
    })),
  }));
  const others = [...photoOf.keys()].slice(points.length).map(photo);
  return { points, others, photoOf: (place: number) => photoOf.get(place)! };
}

function reviewOf(
  { sample: { rows }, review, shown }: Seen,
  photoOf: (place: number) => number,
): ReportReview {
  const list = <T, R>({ first, total }: { first: T[]; total: number }, tell: (of: T) => R) => ({
    first: first.map(tell),
    total,
  });
  return {
    compared: rows.length,
    each: review.neighbours.each,
    labelled: review.agreement.labelled,
    agree: review.agreement.agree,
    mislabelled: list(shown.mislabelled, ({ place, ...why }) => ({
      photo: photoOf(place),
      like: supporters(review, rows, { place, label: why.label }).map(photoOf),
      ...why,
    })),
    copies: list(shown.copies, (group) => ({ photos: group.map(photoOf), of: copiesOf(review, group) })),
    ...(review.byPixels > 0 && {
      byPixels: {
        photos: review.byPixels,
        same: review.nearDuplicates.filter(({ same }) => same).length,
      },
    }),
    nearDuplicates: list(shown.nearDuplicates, ({ places: [a, b], ...how }) => ({
      photos: [photoOf(a), photoOf(b)] as [number, number],
      ...how,
    })),
    outliers: list(shown.outliers, ({ place, score, ...why }) => ({ photo: photoOf(place), ...why })),
    confusions: shown.confusions,
  };
}

function copiesOf({ copies }: Review, [first]: number[]): number {
  return copies.find((group) => group[0] === first)?.length ?? 0;
}

function picturesOf({ made, wanted, gone, ended }: Thumbnails): ReportData['pictures'] & object {
  return { made: made.size, wanted, gone, ended };
}
