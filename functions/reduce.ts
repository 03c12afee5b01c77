/** On schedule and on demand: features of all photos → PCA, Parquet snapshot, report. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import packageJson from '../package.json' with { type: 'json' };
import { clock } from './adapters/clock.ts';
import { setting } from './adapters/config.ts';
import { createFeatureStore } from './adapters/dynamodb.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { createMatrixProducts } from './adapters/onnx-matrix.ts';
import { parseReduceEvent } from './adapters/requests/reduce.ts';
import { createS3Client, createSnapshotStore } from './adapters/s3.ts';
import { TooFewRows } from './core/errors.ts';
import type { ReduceResult } from './core/reduce/publish.ts';
import { reduceFeatures } from './core/reduce/reduce.ts';
import { renderReport } from './report/page/report.ts';
import { reportDataOf } from './report/page/report-data-of.ts';

/** The report's script, put here by the bundler (layers/bundle.ts). */
declare const REPORT_CLIENT: string;

// Segments read side by side may ask for more than the 12,000 units a second, some 9,000 photos, that a new table gives.
const patient = { maxAttempts: 10 };

const ports = {
  features: createFeatureStore(traced(new DynamoDBClient(patient)), setting('FEATURES_TABLE')),
  snapshots: createSnapshotStore(traced(createS3Client()), setting('SNAPSHOT_BUCKET')),
  products: createMatrixProducts(),
  clock,
  log,
  id: () => randomUUID().slice(0, 8),
  temporaryDirectory: tmpdir(),
  software: `verger ${packageJson.version}`,
  report: (...run: Parameters<typeof reportDataOf>) => renderReport(reportDataOf(...run), REPORT_CLIENT),
};

/** The schedule also comes when there is nothing to reduce yet, which is then no failure. */
export const handler = observed(async (event: unknown): Promise<ReduceResult | { skipped: string }> => {
  const { scheduled, options } = parseReduceEvent(event);
  try {
    return await reduceFeatures(ports, options);
  } catch (error) {
    if (!scheduled || !(error instanceof TooFewRows)) throw error;
    log.warn('reduce-skipped', { why: error.message });
    return { skipped: error.message };
  }
});
