/** Reports to test and to look at: clustered points, seeded, under the names that fruit folders have. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { seeded } from '../../functions/core/seeded.ts';
import type { Payload } from '../../functions/report/shared/payload.ts';
import type { ReportData, ReportPoint } from '../../functions/report/shared/report-data.ts';

const FRUITS = 'Apple,Apricot,Avocado,Banana,Blueberry,Cherry,Fig,Grape,Kiwi,Lemon,Mango,Melon,Orange'.split(
  ',',
);
const KINDS =
  'Golden 1,Golden 2,Golden 3,Red 1,Red 2,Red Delicious,Rainier,Wax Black,Pink,ripe,not ripened'.split(',');

/** A report over `labels` clusters with `each` points apiece; `changes` replace any of it. */
export function sampleReport(labels = 30, each = 200, changes: Partial<ReportData> = {}): ReportData {
  const random = seeded(labels);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const names = Array.from({ length: labels }, (_, at) => nameOf(at));
  const points: ReportPoint[] = names.flatMap((label) => {
    const [centreX, centreY, wide, high, lean] = [22 * normal(), 14 * normal(), random(), random(), normal()];
    return Array.from({ length: each }, (_, at) => {
      const [u, v] = [normal() * (0.6 + 2.2 * wide), normal() * (0.5 + 1.8 * high)];
      return {
        key: `fruits/${label}/r0_${at * 3}_100.jpg`,
        label,
        at: [centreX + u, centreY + v + 0.5 * lean * u],
      };
    });
  });
  const spectrum = Array.from({ length: 256 }, (_, at) => 210 / (at + 1.4) ** 1.15);
  return {
    snapshot: 'snapshot=20251121T011003Z-5f0c9a17',
    createdAt: '2025-11-21T01:10:03.000Z',
    model: 'mobilenetv2_1.0_224@0f3a9c4b7d21',
    dimension: 1280,
    rows: points.length,
    options: { components: 64, standardize: true, projection: 'centered' },
    components: 64,
    spectrum,
    totalVariance: 1.12 * (changes.spectrum ?? spectrum).reduce((sum, value) => sum + value, 0),
    elbow: { components: 14, method: 'the Kneedle method (Satopää et al., 2011)' },
    labels: names.map((label) => ({ label, count: each })),
    refused: [
      { reason: 'corrupt', count: 3 },
      { reason: 'unsupported-format', count: 12 },
    ],
    skipped: [
      { why: 'erased', count: 4 },
      { why: 'made by another model', count: 20 },
    ],
    durations: [
      { step: 'page', milliseconds: 2140 },
      { step: 'accumulate', milliseconds: 391 },
      { step: 'fit', milliseconds: 1893 },
      { step: 'project', milliseconds: 612 },
      { step: 'write', milliseconds: 1403 },
    ],
    warnings: [],
    points,
    ...changes,
  };
}

/** The report's script, bundled as the build bundles it. */
export function bundleClient(): string {
  const { outputFiles } = buildSync({
    entryPoints: [join(import.meta.dirname, '../../functions/report/client/main.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2020',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

/** The payload that stands in a report. */
export function payloadOf(page: string): Payload {
  return JSON.parse(page.match(/<script type="application\/json" id="payload">([^<]*)<\/script>/)?.[1] ?? '');
}

function nameOf(at: number): string {
  const kind = KINDS[Math.floor(at / FRUITS.length) % KINDS.length];
  return `${FRUITS[at % FRUITS.length]} ${kind}`;
}

/** What a report tells of a classifier. */
export const CLASSIFIER = {
  labels: 28,
  temperature: 0.0851,
  thresholds: { confidence: 0.45, similarity: 0.3812 },
  validation: [
    {
      halves: 'two groups of each label by likeness',
      rows: 1142,
      accuracy: 0.6163,
      topFive: 0.9302,
      calibrationError: 0.0712,
    },
  ],
};
