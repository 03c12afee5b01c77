import type { Run } from '../../core/snapshot/documents.ts';
import type { RowSurvey } from '../../core/snapshot/row-survey.ts';
import type { ReportData } from '../shared/report-data.ts';

/** What the report shows of a run. */
export function reportDataOf(
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
