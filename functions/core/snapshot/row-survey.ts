import { isDrawn, type ReportData, type ReportPoint } from '../report/report.ts';
import type { SnapshotRows } from './arrow.ts';
import type { Run } from './documents.ts';

/** What a report says of the rows, gathered while they pass in snapshot order. Grows with labels, not with rows. */
export class RowSurvey {
  readonly points: ReportPoint[] = [];
  readonly #rows: number;
  readonly #labels = new Map<string | null, number>();
  #seen = 0;

  /** @param rows number of rows that will pass */
  constructor(rows: number) {
    this.#rows = rows;
  }

  add({ rows, pcaFeatures }: SnapshotRows): void {
    const k = pcaFeatures.length / rows.length;
    for (const [index, { path, label }] of rows.entries()) {
      this.#labels.set(label, (this.#labels.get(label) ?? 0) + 1);
      if (isDrawn(this.#seen, this.#rows)) {
        const x = pcaFeatures[index * k] ?? 0;
        const y = k > 1 ? (pcaFeatures[index * k + 1] ?? 0) : 0;
        this.points.push({ photo: path, label, x, y });
      }
      this.#seen += 1;
    }
  }

  get labels(): ReportData['labels'] {
    return [...this.#labels].map(([label, count]) => ({ label, count }));
  }
}

/** What the report shows of a run. */
export function toReportData(
  { snapshot, startedAt, pca, counts, milliseconds }: Run,
  survey: RowSurvey,
): ReportData {
  return {
    snapshot: snapshot.name,
    createdAt: new Date(startedAt).toISOString(),
    model: pca.model,
    dimension: pca.dimension,
    rows: counts.used,
    options: pca.options,
    components: pca.k,
    spectrum: Array.from(pca.spectrum),
    totalVariance: pca.totalVariance,
    elbow:
      pca.elbow === undefined
        ? undefined
        : { components: pca.elbow, method: 'Kneedle (Satopää et al. 2011)' },
    labels: survey.labels,
    refused: Object.entries(counts.refused).map(([reason, count]) => ({ reason, count })),
    skipped: counts.erased === 0 ? [] : [{ why: 'erased: the photo was deleted', count: counts.erased }],
    durations: Object.entries(milliseconds).map(([step, value]) => ({ step, milliseconds: value })),
    warnings: pca.warnings,
    points: survey.points,
  };
}
