/** The features table in DynamoDB: conditional writes, look-ups, parallel scans. */
import { setTimeout } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  ConditionalCheckFailedException,
  DescribeTableCommand,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
  ScanCommand,
  type ScanCommandInput,
  type ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { KEY_ATTRIBUTE } from '../core/key-names.ts';
import { padSequencer, SEEN } from '../core/ordering.ts';
import type { FeatureItem, FeatureStore, SeenItem } from '../core/ports.ts';
import { fromItem, type Item, text, toItem, toSeen } from './feature-item.ts';

/** Stores features in one table. */
export function createFeatureStore(client: DynamoDBClient, table: string): FeatureStore {
  return {
    put: (item) => isWritten(client, putIfNewerParameters(table, item)),
    putIfUnchanged: (item, seen) => isWritten(client, putIfUnchangedParameters(table, item, seen)),

    async look(keys) {
      const seen = new Map<string, SeenItem>();
      for (let start = 0; start < keys.length; start += BATCH_GET_LIMIT) {
        let request: BatchGetItemCommandInput['RequestItems'] | undefined = lookRequest(
          table,
          keys.slice(start, start + BATCH_GET_LIMIT),
        );
        while (request && Object.keys(request).length > 0) {
          const answer: BatchGetItemCommandOutput = await client.send(
            new BatchGetItemCommand({ RequestItems: request }),
          );
          for (const item of answer.Responses?.[table] ?? [])
            seen.set(text(item, KEY_ATTRIBUTE), toSeen(item));
          request = answer.UnprocessedKeys;
          if (request && Object.keys(request).length > 0) await setTimeout(THROTTLED_PAUSE_MS);
        }
      }
      return seen;
    },

    async count() {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      return Table?.ItemCount ?? 0;
    },

    async *scan(segment, segments, prefix) {
      let start: Item | undefined;
      do {
        const page: ScanCommandOutput = await client.send(
          new ScanCommand(scanParameters(table, segment, segments, start, prefix)),
        );
        yield (page.Items ?? []).map(fromItem);
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
    },
  };
}

const BATCH_GET_LIMIT = 100;
/** The SDK does not retry the keys that a throttled BatchGetItem left out. */
const THROTTLED_PAUSE_MS = 100;

/** Parameters of a write that succeeds only over nothing, or over an older event: `isNewer` in the core. */
export function putIfNewerParameters(
  table: string,
  item: FeatureItem & { sequencer: string },
): PutItemCommandInput {
  return {
    TableName: table,
    Item: toItem(item),
    ConditionExpression: 'attribute_not_exists(sequencer) OR sequencer < :sequencer',
    ExpressionAttributeValues: { ':sequencer': { S: padSequencer(item.sequencer) } },
  };
}

/** Parameters of a write that succeeds only if the stored item is still what was seen: `isUnchanged` in the core. */
export function putIfUnchangedParameters(
  table: string,
  item: FeatureItem,
  seen: SeenItem | undefined,
): PutItemCommandInput {
  if (seen === undefined) {
    return {
      TableName: table,
      Item: toItem(item),
      ConditionExpression: `attribute_not_exists(${KEY_ATTRIBUTE})`,
    };
  }
  const values: Item = {};
  const conditions = SEEN.map((name) => {
    const value = seen[name];
    if (value === undefined) return `attribute_not_exists(${name})`;
    values[`:${name}`] = { S: value };
    return `${name} = :${name}`;
  });
  return {
    TableName: table,
    Item: toItem(item),
    ConditionExpression: [`attribute_exists(${KEY_ATTRIBUTE})`, ...conditions].join(' AND '),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
}

/**
 * Parameters of one page of a scan. It is strongly consistent, or it could show what was erased before it began; that
 * doubles the read units.
 *
 * @param start where the previous page ended
 * @param prefix a filter: photos whose keys do not begin with it cost as many read units, and are not sent. A partition key
 *   cannot be looked up by its beginning
 */
export function scanParameters(
  table: string,
  segment: number,
  segments: number,
  start?: Item,
  prefix = '',
): ScanCommandInput {
  return {
    TableName: table,
    ConsistentRead: true,
    Segment: segment,
    TotalSegments: segments,
    ExclusiveStartKey: start,
    ...(prefix !== '' && {
      FilterExpression: `begins_with(${KEY_ATTRIBUTE}, :prefix)`,
      ExpressionAttributeValues: { ':prefix': { S: prefix } },
    }),
  };
}

/**
 * What to look up: everything but the features. Strongly consistent: an older state could look done where it no
 * longer is, or like a change since backfill looked.
 */
export function lookRequest(
  table: string,
  keys: string[],
): NonNullable<BatchGetItemCommandInput['RequestItems']> {
  return {
    [table]: {
      ConsistentRead: true,
      Keys: keys.map((key) => ({ [KEY_ATTRIBUTE]: { S: key } })),
      ProjectionExpression: [KEY_ATTRIBUTE, ...SEEN].join(', '),
    },
  };
}

async function isWritten(client: DynamoDBClient, parameters: PutItemCommandInput): Promise<boolean> {
  try {
    await client.send(new PutItemCommand(parameters));
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
