/**
 * DynamoDB's answers to the commands that Verger sends.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  PutItemCommand,
  type PutItemCommandInput,
  ResourceNotFoundException,
  ScanCommand,
  type ScanCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Item } from './condition.ts';
import type { Command, Invocation } from './invocation.ts';
import type { Table } from './table.ts';

export interface DynamoDbOptions {
  tables: Record<string, Table>;
  /** Most items of a page of a scan: a page has 1 MB at most, and may have less. */
  pageItems: number;
  /** Whether a read that is not strongly consistent shows what was there before. */
  isStale: (asker: Invocation) => boolean;
  /** Whether a look-up leaves this key out, for lack of capacity. */
  isLeftOut: (asker: Invocation) => boolean;
  /** An item was written. */
  onWrite?: (item: Item) => void;
}

export function answerDynamoDb(options: DynamoDbOptions, command: Command, asker: Invocation): object {
  if (command instanceof PutItemCommand) return put(options, command.input);
  if (command instanceof BatchGetItemCommand) return batchGet(options, command.input, asker);
  if (command instanceof ScanCommand) return scan(options, command.input, asker);
  throw new Error(`${command.constructor.name} is not modelled`);
}

/** A command in a few words, for a trace. */
export function describeDynamoDb(command: Command): string {
  const name = command.constructor.name.replace('Command', '');
  const { Item, ExpressionAttributeValues, ConditionExpression } = command.input as PutItemCommandInput;
  if (!Item) return name;
  const values = Object.entries(ExpressionAttributeValues ?? {});
  const condition = values.reduce(
    (text, [value, { S, N }]) => text.replaceAll(new RegExp(`${value}\\b`, 'g'), short(S ?? N ?? '')),
    ConditionExpression ?? 'whatever is there',
  );
  return `${name} ${Item.photo?.S}: ${describeItem(Item)}, if ${condition}`;
}

/** A stored item in a few words. */
export function describeItem(item: Item | undefined): string {
  if (!item) return 'nothing';
  const { erased, refused, etag, model, sequencer } = item;
  const what = erased ? 'tombstone' : refused ? `refusal "${refused.S}"` : 'features';
  const of = etag ? ` of ${short(etag.S ?? '')} by ${model?.S}` : '';
  return `${what}${of}, sequencer ${sequencer ? short(sequencer.S ?? '') : 'none'}`;
}

function short(text: string): string {
  return text
    .replace(/^0+(?=.)/, '')
    .replace(/(?<=.)0+$/, '')
    .replace(/^([0-9a-f]{6})[0-9a-f]{26}$/, '$1…');
}

function put({ tables, onWrite }: DynamoDbOptions, input: PutItemCommandInput) {
  const { TableName, Item, ConditionExpression, ExpressionAttributeValues, ExpressionAttributeNames } = input;
  tableOf(tables, TableName).put({
    item: Item ?? {},
    condition: ConditionExpression,
    values: ExpressionAttributeValues,
    names: ExpressionAttributeNames,
  });
  onWrite?.(Item ?? {});
  return { $metadata: { httpStatusCode: 200 } };
}

function batchGet(
  { tables, isStale, isLeftOut }: DynamoDbOptions,
  input: BatchGetItemCommandInput,
  asker: Invocation,
) {
  const [[name, request] = ['', undefined], ...more] = Object.entries(input.RequestItems ?? {});
  const keys = request?.Keys ?? [];
  const names = new Set(keys.map(({ photo }) => photo?.S));
  if (more.length > 0) throw new Error('look-ups in several tables are not modelled');
  if (keys.length < 1 || keys.length > 100 || names.size < keys.length) {
    throw Object.assign(new Error('1 to 100 different keys'), { name: 'ValidationException' });
  }
  const table = tableOf(tables, name);
  const leftOut = keys.filter(() => isLeftOut(asker));
  const attributes = request?.ProjectionExpression?.split(/\s*,\s*/);
  const found = keys
    .filter((key) => !leftOut.includes(key))
    .map(({ photo }) => table.get(photo?.S ?? '', () => !request?.ConsistentRead && isStale(asker)))
    .filter((item) => item !== undefined)
    .map((item) => project(item, attributes));
  return {
    Responses: { [name]: found },
    UnprocessedKeys: leftOut.length > 0 ? { [name]: { ...request, Keys: leftOut } } : {},
    $metadata: { httpStatusCode: 200 },
  };
}

function scan({ tables, pageItems, isStale }: DynamoDbOptions, input: ScanCommandInput, asker: Invocation) {
  const { TableName, Segment = 0, TotalSegments = 1, ExclusiveStartKey, ConsistentRead } = input;
  if (input.FilterExpression || input.Limit) throw new Error('filters and limits of scans are not modelled');
  const { items, next } = tableOf(tables, TableName).scan({
    segment: Segment,
    segments: TotalSegments,
    after: ExclusiveStartKey?.photo?.S,
    limit: pageItems,
    isStale: () => !ConsistentRead && isStale(asker),
  });
  return {
    Items: items.map((item) => project(item, input.ProjectionExpression?.split(/\s*,\s*/))),
    ...(next !== undefined && { LastEvaluatedKey: { photo: { S: next } } }),
    $metadata: { httpStatusCode: 200 },
  };
}

function project(item: Item, attributes: string[] | undefined): Record<string, AttributeValue> {
  if (!attributes) return item;
  return Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
}

function tableOf(tables: Record<string, Table>, name = ''): Table {
  const table = tables[name];
  if (table) return table;
  throw new ResourceNotFoundException({ message: `no table ${name}`, $metadata: { httpStatusCode: 400 } });
}
