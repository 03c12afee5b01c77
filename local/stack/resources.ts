/** What serverless.yml's resources and events mean on one machine: buckets, tables, triggers, resolved references. */
import { eventName, type ObjectChange } from './s3/s3-event.ts';
import type { Resource, S3EventDefinition, Serverless } from './serverless.ts';

/** On one machine the account is called `local`, so buckets are called `verger-dev-photos-local`. */
const PSEUDO_PARAMETERS: Record<string, string> = {
  'AWS::AccountId': 'local',
  'AWS::Partition': 'aws',
  'AWS::StackName': 'local',
};

/** Names of the buckets among the resources, by logical id. */
export function bucketNames(serverless: Serverless): Map<string, string> {
  return new Map(
    resourcesOf(serverless, 'AWS::S3::Bucket').map(([id, { Properties }]) => [
      id,
      String(resolveValue(Properties?.BucketName ?? id.toLowerCase(), serverless)),
    ]),
  );
}

/** Properties of the tables among the resources, without references. */
export function tables(serverless: Serverless): Record<string, unknown>[] {
  return resourcesOf(serverless, 'AWS::DynamoDB::Table').map(
    ([, { Properties }]) => resolveValue(Properties ?? {}, serverless) as Record<string, unknown>,
  );
}

/** Replaces Ref, Fn::Sub, Fn::Join and Fn::GetAtt in a value with what they stand for here. */
export function resolveValue(value: unknown, serverless: Serverless): unknown {
  const resolve = (inner: unknown): unknown => resolveValue(inner, serverless);
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const [[name, argument] = ['', undefined]] = Object.entries(value);
  switch (name) {
    case 'Ref':
      return reference(String(argument), serverless);
    case 'Fn::GetAtt':
      return `arn:aws:local:::${[argument].flat()[0]}`;
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(resolve).join(separator);
    }
    case 'Fn::Sub': {
      const [template, values = {}] = [argument].flat() as [string, Record<string, unknown>?];
      return template.replace(/\$\{([\w:.]+)\}/g, (_, inner: string) =>
        String(inner in values ? resolve(values[inner]) : reference(inner, serverless)),
      );
    }
    default:
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]));
  }
}

function reference(name: string, serverless: Serverless): string {
  if (name === 'AWS::Region') return serverless.service.provider.region;
  const pseudo = PSEUDO_PARAMETERS[name];
  if (pseudo !== undefined) return pseudo;
  const properties = serverless.service.resources?.Resources?.[name]?.Properties ?? {};
  if (properties.StateMachineName !== undefined) {
    const { region } = serverless.service.provider;
    return `arn:aws:states:${region}:local:stateMachine:${resolveValue(properties.StateMachineName, serverless)}`;
  }
  return String(resolveValue(properties.BucketName ?? properties.TableName ?? name, serverless));
}

/** The resources of a type, with their logical ids. */
export function resourcesOf(serverless: Serverless, type: string): [string, Resource][] {
  return Object.entries(serverless.service.resources?.Resources ?? {}).filter(
    ([, { Type }]) => Type === type,
  );
}

/** Which function hears of which change in a bucket. */
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
