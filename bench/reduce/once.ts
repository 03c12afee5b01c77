/** One reduce in a process of its own, so that its peak memory is its own. Prints {@link ReduceFigures} as JSON. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clock } from '../../functions/adapters/clock.ts';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import { createMatrixProducts } from '../../functions/adapters/onnx-matrix.ts';
import { parseReduceEvent } from '../../functions/adapters/requests/reduce.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { reduceFeatures } from '../../functions/core/reduce/reduce.ts';
import { renderReport } from '../../functions/report/page/report.ts';
import { reportDataOf } from '../../functions/report/page/report-data-of.ts';
import { bundleReportClient } from '../../layers/bundle.ts';
import { createFolderSnapshots } from '../../test/folder-snapshots.ts';
import { createFolderTable } from '../../test/folder-table.ts';
import { openRows } from './rows.ts';

/** What to reduce: rows of a file, or a table at an endpoint. */
export interface ReduceTask {
  rows: number;
  from: { path: string } | { endpoint: string; table: string };
  /** An empty folder for the spool and the snapshot. */
  folder: string;
  /** Cores that a matrix product may use. */
  threads: number;
}

export interface ReduceFigures {
  result: ReduceResult;
  /** Of the whole reduce. */
  milliseconds: number;
  /** Processor time of all threads, without paging: what a busy machine changes least. */
  processorSeconds: number;
  /** Largest resident set of the process, in MB (10⁶ bytes). */
  peakMegabytes: number;
  /** Of all Parquet parts. */
  parquetBytes: number;
}

const { rows, from, folder, threads } = JSON.parse(process.argv[2] ?? '') as ReduceTask;
const reportClient = await bundleReportClient();
const features =
  'path' in from
    ? openRows(from.path, rows)
    : createFeatureStore(new DynamoDBClient({ endpoint: from.endpoint }), from.table);
let paged = process.cpuUsage();

const start = performance.now();
const result = await reduceFeatures(
  {
    features: {
      ...features,
      async *scan(segment, segments) {
        yield* features.scan(segment, segments);
        paged = process.cpuUsage();
      },
    },
    snapshots: createFolderSnapshots(join(folder, 'snapshots'), 'link'),
    table: createFolderTable(join(folder, 'snapshots')),
    snapshotDays: 90,
    products: createMatrixProducts(threads),
    clock,
    log: { info: () => {}, warn: () => {} },
    id: () => 'bench',
    temporaryDirectory: join(folder, 'temporary'),
    software: 'verger bench',
    report: (...run) => renderReport(reportDataOf(...run), reportClient),
  },
  parseReduceEvent({ components: 64 }).options,
);
const milliseconds = performance.now() - start;
const { user, system } = process.cpuUsage(paged);

const parts = readdirSync(join(folder, 'snapshots', result.parts));
const figures: ReduceFigures = {
  result,
  milliseconds,
  processorSeconds: (user + system) / 1e6,
  peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
  parquetBytes: parts.reduce(
    (sum, name) => sum + statSync(join(folder, 'snapshots', result.parts, name)).size,
    0,
  ),
};
process.stdout.write(JSON.stringify(figures));
