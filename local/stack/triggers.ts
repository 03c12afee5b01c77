/** Which function hears of which change in a bucket: the s3 events of serverless.yml's functions. */
import { bucketNames, resolveValue } from './resources.ts';
import { eventName, type ObjectChange } from './s3/s3-event.ts';
import type { S3EventDefinition, Serverless } from './serverless.ts';

export interface Trigger {
  functionKey: string;
  bucket: string;
  /** Such as `s3:ObjectCreated:*`. */
  event: string;
  prefix: string;
  suffix: string;
}

/** Reads the triggers of all functions. */
export function readTriggers(serverless: Serverless): Trigger[] {
  const buckets = bucketNames(serverless);
  const { naming } = serverless.getProvider('aws');

  /** The framework makes the bucket named in an event, unless the resources say more of it. */
  function bucketName(bucket: unknown): string {
    if (typeof bucket !== 'string') return String(resolveValue(bucket, serverless));
    return buckets.get(naming.getBucketLogicalId(bucket)) ?? bucket;
  }

  return Object.entries(serverless.service.functions).flatMap(([functionKey, { events = [] }]) =>
    events.flatMap(({ s3 }) => {
      if (s3 === undefined) return [];
      const definition: S3EventDefinition = typeof s3 === 'string' ? { bucket: s3 } : s3;
      const rules = Object.assign({ prefix: '', suffix: '' }, ...(definition.rules ?? []));
      return {
        functionKey,
        bucket: bucketName(definition.bucket),
        event: definition.event ?? 's3:ObjectCreated:*',
        prefix: String(resolveValue(rules.prefix, serverless)),
        suffix: String(resolveValue(rules.suffix, serverless)),
      };
    }),
  );
}

/** Whether a change is one that the trigger waits for. */
export function matchesTrigger(trigger: Trigger, { bucket, key, kind }: ObjectChange): boolean {
  const name = `s3:${eventName(kind)}`;
  const isEvent = trigger.event.endsWith(':*')
    ? name.startsWith(trigger.event.slice(0, -1))
    : name === trigger.event;
  return (
    isEvent && bucket === trigger.bucket && key.startsWith(trigger.prefix) && key.endsWith(trigger.suffix)
  );
}
