/** The main job over one table: photos created, one removed, some that were there before, and a reduce. */
import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createFeatureStore } from '../../functions/adapters/dynamodb.ts';
import type { BackfillRun, FeatureItem } from '../../functions/core/ports.ts';
import type { ReduceResult } from '../../functions/core/reduce/publish.ts';
import { filesFolder, partsFolder } from '../../functions/core/snapshot/layout.ts';
import { type ObjectChange, s3Event } from '../../local/stack/s3/s3-event.ts';
import type { Services } from './services.ts';
import { REGION } from './template.ts';

export type Invoke = (functionKey: string, event: unknown) => Promise<unknown>;

/** Photos under this prefix were in the bucket before anybody listened. */
const EARLIER = 'earlier/';

/** What S3 tells of the photos. */
export interface Told {
  created: ObjectChange[];
  removed: ObjectChange;
}

/** Uploads the photos, every fourth one as if it had been there before. */
export async function upload(services: Services, bucket: string, photos: Map<string, Buffer>): Promise<Told> {
  const s3 = new S3Client({ forcePathStyle: true });
  for (const [index, [key, Body]] of [...photos].entries()) {
    const Key = index % 4 === 3 ? `${EARLIER}${key}` : key;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
  }
  s3.destroy();
  const created = services.changes.filter(({ key }) => !key.startsWith(EARLIER));
  const [first] = created;
  // Only told, so that the next run finds the photo again: of an erased photo nothing is read any more.
  const { bytes: _, etag: __, ...named } = first!;
  return { created, removed: { ...named, kind: 'Delete', sequencer: `${named.sequencer}F` } };
}

/** Featurizes what was created, erases what was removed, and backfills the rest. */
export async function fillTable(invoke: Invoke, { created, removed }: Told, services: Services) {
  for (const change of created) await invoke('featurize', s3Event(change, REGION));
  await invoke('erase', s3Event(removed, REGION));
  const run = (await invoke('backfill', { prefix: EARLIER })) as BackfillRun;
  for (const { event } of services.queue.splice(0)) await invoke('featurize', event);
  const { state, listed, sent, skipped } = run;
  return { state, listed, sent, skipped };
}

/** The items of a table by photo, without what depends on the time. */
export async function readTable(table: string): Promise<Map<string, FeatureItem>> {
  const client = new DynamoDBClient({});
  const items = new Map<string, FeatureItem>();
  for await (const page of createFeatureStore(client, table).scan(0, 1)) {
    for (const item of page) items.set(item.key, withoutTime(item));
  }
  client.destroy();
  return new Map([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reduces, and reads the snapshot: SHA-256 of each file by name, but of those that state times. */
export async function reduceTable(invoke: Invoke, bucket: string) {
  const result = (await invoke('reduce', { components: 8, csv: true })) as ReduceResult;
  const s3 = new S3Client({ forcePathStyle: true });
  const files = new Map<string, string>();
  const folders = [partsFolder(result.snapshot), filesFolder(result.snapshot)];
  const listed = await Promise.all(
    folders.map((Prefix) => s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))),
  );
  for (const { Key = '' } of listed.flatMap(({ Contents = [] }) => Contents)) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    const bytes = await Body!.transformToByteArray();
    const name = Key.slice(Key.lastIndexOf('/') + 1);
    // classifier.onnx names its snapshot.
    const content = Buffer.from(bytes).toString('latin1').replaceAll(result.snapshot, 'NAME');
    files.set(name, STATE_TIMES.has(name) ? 'written' : createHash('sha256').update(content).digest('hex'));
  }
  s3.destroy();
  return { result, files };
}

/** Reduces as the state machine does: each task of each phase an invocation of `phase`. */
export async function reduceByPhases(invoke: Invoke, request: object): Promise<unknown> {
  const phase = async (fields: object) => (await invoke('phase', fields)) as Record<string, number[]>;
  const { run, gathers = [] } = await phase({ phase: 'plan', request: { ...request, segments: 3 } });
  for (const task of gathers) await phase({ phase: 'gather', run, task });
  const { ranges = [] } = await phase({ phase: 'split', run });
  for (const task of ranges) await phase({ phase: 'assemble', run, task });
  await phase({ phase: 'fit', run });
  for (const task of ranges) await phase({ phase: 'project', run, task });
  return await phase({ phase: 'publish', run });
}

/** An event as API Gateway sends it: HTTP API, payload version 2.0. */
export function httpEvent(method: string, path: string, body?: Buffer, query = ''): object {
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: query,
    headers: {},
    queryStringParameters: Object.fromEntries(new URLSearchParams(query)),
    requestContext: { http: { method, path } },
    ...(body && { body: body.toString('base64'), isBase64Encoded: true }),
  };
}

/** Asks identify what a photo shows. */
export async function ask(invoke: Invoke, photo: Buffer, query = '') {
  const event = httpEvent('POST', '/identify', photo, query);
  const { statusCode, body } = (await invoke('identify', event)) as { statusCode: number; body: string };
  return { statusCode, body: JSON.parse(body) as Record<string, unknown> };
}

const STATE_TIMES = new Set(['manifest.json', 'report.html']);

function withoutTime(item: FeatureItem): FeatureItem {
  return item.kind === 'erased' ? { ...item, expiresAt: 0 } : { ...item, featurizedAt: '' };
}
