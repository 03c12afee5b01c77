import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Context } from 'aws-lambda';
import type * as Observability from '../../functions/adapters/observability.ts';

const context = {
  functionName: 'featurize',
  functionVersion: '1',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:featurize',
  memoryLimitInMB: '1024',
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
} as Context;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let observability: typeof Observability;
const lines: Record<string, unknown>[] = [];

before(async () => {
  // Powertools then writes through the console that this test listens to.
  process.env.POWERTOOLS_DEV = 'true';
  process.env.POWERTOOLS_METRICS_DISABLED = 'false';
  process.env.POWERTOOLS_TRACE_ENABLED = 'false';
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    console[level] = (line: string) => lines.push(JSON.parse(line));
  }
  observability = await import('../../functions/adapters/observability.ts');
});

beforeEach(() => {
  lines.length = 0;
});

const metricsOf = (line: Record<string, unknown> | undefined) =>
  (line?._aws as { CloudWatchMetrics: { Metrics: { Name: string; Unit: string }[] }[] } | undefined)
    ?.CloudWatchMetrics[0]?.Metrics;

test('a featurized photo is one log line with the request id, and its times and count are metrics', async () => {
  const handler = observability.observed(async () => {
    const milliseconds = { read: 3, decode: 1.5, inference: 4, store: 2 };
    observability.log.info('photo', { key: 'a/b.jpg', status: 'featurized', milliseconds });
  });
  await handler({}, context);

  assert.equal(lines.length, 2);
  assert.equal(lines[0]?.message, 'photo');
  assert.equal(lines[0]?.key, 'a/b.jpg');
  assert.equal(lines[0]?.function_request_id, context.awsRequestId);
  assert.deepEqual(metricsOf(lines[1]), [
    { Name: 'PhotosFeaturized', Unit: 'Count' },
    { Name: 'Decode', Unit: 'Milliseconds' },
    { Name: 'Inference', Unit: 'Milliseconds' },
    { Name: 'Store', Unit: 'Milliseconds' },
  ]);
  assert.equal(lines[1]?.Decode, 1.5);
});

test('names that every object knows do no harm in a log line', () => {
  const refused = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "corrupt": 3}');
  observability.log.info('reduce-paged', { refused });
  assert.match(JSON.stringify(lines[0]), /"corrupt":3/);
  assert.equal('polluted' in {}, false);
});

test('refusals are counted by reason', async () => {
  await observability.observed(async () => {
    observability.log.info('photo', {
      key: 'a',
      status: 'refused',
      reason: 'corrupt',
      milliseconds: { read: 1 },
    });
  })({}, context);
  const metric = lines.find((line) => line.PhotosRefused === 1);
  assert.equal(metric?.reason, 'corrupt');
});

test('erasures and reduces are counted, and what erased nothing is not', async () => {
  await observability.observed(async () => {
    observability.log.info('erasure', { key: 'a', status: 'erased' });
    observability.log.info('erasure', { key: 'b', status: 'stale' });
    observability.log.info('reduce', { rows: 6000, explainedVarianceShare: 0.75 });
  })({}, context);
  const metrics = lines.at(-1);
  assert.equal(metrics?.PhotosErased, 1);
  assert.equal(metrics?.RowsReduced, 6000);
  assert.equal(metrics?.ExplainedVariance, 75);
});

test('what a handler throws is logged with its request id, its metrics still sent, and thrown on', async () => {
  const handler = observability.observed(async () => {
    observability.log.info('erasure', { key: 'a', status: 'erased' });
    throw new Error('the table is away');
  });
  await assert.rejects(handler({}, context), /the table is away/);
  const failure = lines.find((line) => line.level === 'ERROR');
  assert.equal(failure?.function_request_id, context.awsRequestId);
  assert.equal((failure?.error as Error | undefined)?.message, 'the table is away');
  assert.equal(lines.at(-1)?.PhotosErased, 1);
});

test('calls of an SDK client are traced on Lambda where tracing is on; otherwise no X-Ray SDK is loaded', () => {
  const script = `
    import { createRequire } from 'node:module';
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { observed, traced } from './functions/adapters/observability.ts';
    const client = traced(new DynamoDBClient({ region: 'eu-west-1' }));
    const handler = observed(async () => client.middlewareStack.identify().join());
    const identified = await handler({}, { awsRequestId: '1' });
    const isLoaded = Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('aws-xray-sdk-core'));
    console.log(/XRaySDKInstrumentation/.test(identified), isLoaded);
    process.exit();
  `;
  const run = (environment: Record<string, string>) => {
    const { POWERTOOLS_TRACE_ENABLED: _, ...env } = process.env;
    const node = ['--import', 'tsx', '--input-type=module', '--eval', script];
    return execFileSync(process.execPath, node, { cwd: ROOT, env: { ...env, ...environment } })
      .toString()
      .trim();
  };
  const onLambda = { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  assert.equal(run({ ...onLambda, POWERTOOLS_TRACE_ENABLED: 'true' }), 'true true');
  assert.equal(run({ ...onLambda, POWERTOOLS_TRACE_ENABLED: 'false' }), 'false false');
  assert.equal(run(onLambda), 'false false');
  assert.equal(run({ POWERTOOLS_TRACE_ENABLED: 'true' }), 'false false');
});
