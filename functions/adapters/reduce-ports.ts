/** What reduce runs with, in one function or in a task of many. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import packageJson from '../../package.json' with { type: 'json' };
import { learnedBy } from '../core/classifier/learned.ts';
import type { EnginePorts } from '../core/reduce/run-phase.ts';
import { renderReport } from '../report/page/report.ts';
import { reportDataOf } from '../report/page/report-data-of.ts';
import { clock } from './clock.ts';
import { setting, wholeNumberSetting } from './config.ts';
import { createFeatureStore } from './dynamodb.ts';
import learned from './learned.json' with { type: 'json' };
import { log, traced } from './observability.ts';
import { createMatrixProducts } from './onnx-matrix.ts';
import { createPhotoStore, createS3Client } from './s3.ts';
import { createWorkStore } from './s3-work.ts';
import { createSnapshotStore } from './snapshots.ts';
import { createTableStore } from './table-store.ts';

/** The report's script, put here by the bundler (layers/bundle.ts). */
declare const REPORT_CLIENT: string;

// Segments read side by side may ask for more than the 12,000 units a second, some 9,000 photos, that a new table gives;
// tasks side by side for more than S3 gives of a prefix.
const patient = { maxAttempts: 10 };

/** Builds the ports from the function's environment. */
export function createReducePorts(): EnginePorts {
  const s3 = traced(createS3Client(patient));
  const bucket = setting('SNAPSHOT_BUCKET');
  return {
    features: createFeatureStore(traced(new DynamoDBClient(patient)), setting('FEATURES_TABLE')),
    snapshots: createSnapshotStore(s3, bucket),
    table: createTableStore(s3, bucket),
    snapshotDays: wholeNumberSetting('SNAPSHOT_DAYS'),
    workOf: (run) => createWorkStore(s3, bucket, run),
    products: createMatrixProducts(),
    clock,
    log,
    id: () => randomUUID().slice(0, 8),
    temporaryDirectory: tmpdir(),
    learnedBy: (model) => learnedBy(learned, model),
    software: `verger ${packageJson.version}`,
    pictures: picturesAsAllowed(),
    report: (...run) => renderReport(reportDataOf(...run), REPORT_CLIENT),
  };
}

/** Where photos are read for the report's pictures; a stack whose snapshots are to hold none may not read photos. */
function picturesAsAllowed(): EnginePorts['pictures'] {
  if (process.env.THUMBNAILS !== 'true') return undefined;
  const limits = {
    maxBytes: wholeNumberSetting('MAX_PHOTO_BYTES'),
    maxPixels: wholeNumberSetting('MAX_PHOTO_PIXELS'),
  };
  return {
    photos: createPhotoStore(traced(createS3Client({ cacheMiddleware: true })), setting('PHOTO_BUCKET')),
    limits,
  };
}
