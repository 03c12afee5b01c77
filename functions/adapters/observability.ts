/**
 * Logs, metrics and traces, through Powertools for AWS Lambda. Core reports events through the Log port;
 * here they become JSON lines and, by one table, metrics in CloudWatch's embedded format (no extra calls).
 * No photo content and no whole event is ever logged.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Tracer } from '@aws-lambda-powertools/tracer';
import type { Context } from 'aws-lambda';
import type { Log } from '../core/ports.ts';

const logger = new Logger({ serviceName: 'verger' });
const metrics = new Metrics({ serviceName: 'verger', namespace: 'Verger' });

const { AWS_EXECUTION_ENV, POWERTOOLS_TRACE_ENABLED } = process.env;

/**
 * The tracer, on Lambda and where the stack's parameter `tracing` is on, and loaded only there: the X-Ray SDK below it
 * hooks into every promise of the process, which takes a tenth of the processor time of a small photo.
 */
const tracing: Promise<Tracer> | undefined =
  AWS_EXECUTION_ENV !== undefined && POWERTOOLS_TRACE_ENABLED === 'true'
    ? import('@aws-lambda-powertools/tracer').then(({ Tracer }) => new Tracer({ serviceName: 'verger' }))
    : undefined;

export const log: Log = {
  info(event, fields = {}) {
    logger.info(event, fields);
    for (const metric of METRICS[event]?.(fields) ?? []) count(metric);
  },
  warn(event, fields = {}) {
    logger.warn(event, fields);
  },
};

/** Traces the calls that an SDK client makes, from the first invocation on. */
export function traced<T extends Parameters<Tracer['captureAWSv3Client']>[0]>(client: T): T {
  tracing?.then((tracer) => tracer.captureAWSv3Client(client));
  return client;
}

/** Adds the request's id to a handler's log entries, sends its metrics when it ends, and logs what it throws. */
export function observed<E, C extends Context, R>(
  handler: (event: E, context: C) => Promise<R>,
): (event: E, context: C) => Promise<R> {
  return async (event, context) => {
    await tracing;
    logger.addContext(context);
    try {
      return await handler(event, context);
    } catch (error) {
      logger.error('failed', error as Error);
      throw error;
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

interface Metric {
  name: string;
  unit: (typeof MetricUnit)[keyof typeof MetricUnit];
  value: number;
  reason?: string;
}

type Fields = Record<string, unknown>;

/** The metrics of each event that core logs. */
const METRICS: Record<string, (fields: Fields) => Metric[]> = {
  photo: ({ status, reason, milliseconds }) => [
    ...(status === 'featurized' ? [counted('PhotosFeaturized')] : []),
    ...(status === 'refused' ? [{ ...counted('PhotosRefused'), reason: String(reason) }] : []),
    ...timed('Decode', milliseconds, 'decode'),
    ...timed('Inference', milliseconds, 'inference'),
    ...timed('Store', milliseconds, 'store'),
  ],
  reduce: ({ rows, explainedVarianceShare }) => [
    counted('RowsReduced', Number(rows)),
    { name: 'ExplainedVariance', unit: MetricUnit.Percent, value: 100 * Number(explainedVarianceShare) },
  ],
  erasure: ({ status }) => (status === 'erased' ? [counted('PhotosErased')] : []),
};

function counted(name: string, value = 1): Metric {
  return { name, unit: MetricUnit.Count, value };
}

function timed(name: string, milliseconds: unknown, step: string): Metric[] {
  const value = (milliseconds as Record<string, number> | undefined)?.[step];
  return value === undefined ? [] : [{ name, unit: MetricUnit.Milliseconds, value }];
}

function count({ name, unit, value, reason }: Metric): void {
  if (reason === undefined) metrics.addMetric(name, unit, value);
  else metrics.singleMetric().addDimension('reason', reason).addMetric(name, unit, value);
}
