/** S3 as its clients see it: the table that test/interop also has the AWS CLI, boto3 and moto run. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as s3 from '@aws-sdk/client-s3';
import { startS3 } from './s3-fixture.ts';

/** Operation, parameters and what is answered: an object that the answer holds, or status and code of an error. */
type Step = [
  operation: string,
  parameters: Record<string, unknown>,
  answer: Record<string, unknown> | string,
];

const path = join(import.meta.dirname, '../interop/s3-table.json');
const table = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Step[]>;
const { client } = await startS3();

let buckets = 0;
for (const [title, steps] of Object.entries(table)) {
  test(title, async () => {
    const saved: Record<string, unknown> = { bucket: `table-${buckets++}` };
    const Bucket = String(saved.bucket);
    await client.send(new s3.CreateBucketCommand({ Bucket }));
    for (const [operation, parameters, expected] of steps) {
      const bucket = operation === 'ListBuckets' ? {} : { Bucket };
      const what = `${operation} ${JSON.stringify(parameters).slice(0, 200)}`;
      const answer = await send(operation, { ...bucket, ...(fill(parameters, saved) as object) });
      if (typeof expected === 'string')
        assert.ok(holdsError(answer, expected), `${what}: ${JSON.stringify(answer)}`);
      else compare(answer, expected, saved, what);
    }
  });
}

/** What is answered; of an error, its status and code. */
async function send(operation: string, parameters: object): Promise<unknown> {
  const Command = (s3 as unknown as Record<string, new (input: object) => s3.GetObjectCommand>)[
    `${operation}Command`
  ]!;
  try {
    const answer = await client.send(new Command(parameters));
    return answer.Body ? { ...answer, Body: await answer.Body.transformToString() } : answer;
  } catch (error) {
    if (!(error instanceof s3.S3ServiceException)) throw error;
    return `${error.$metadata.httpStatusCode} ${error.name}`;
  }
}

/** To a HEAD, and with 304, no code is answered. */
function holdsError(answer: unknown, expected: string): boolean {
  return answer === expected || (typeof answer === 'string' && answer.startsWith(`${expected} `));
}

/** Puts what was saved in place of its name, text in place of its repetition, dates in place of their text. */
function fill(value: unknown, saved: Record<string, unknown>, name = ''): unknown {
  if (Array.isArray(value)) return value.map((inner) => fill(inner, saved));
  if (typeof value === 'string') {
    if (/^\$\w+$/.test(value)) return saved[value.slice(1)];
    return name.endsWith('Since') ? new Date(value) : value.replace('$bucket', String(saved.bucket));
  }
  if (typeof value !== 'object' || value === null) return value;
  if ('times' in value) return String((value as { text?: string }).text).repeat(Number(value.times));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, saved, key)]));
}

/** Compares what is expected; `=name` saves, `$name` is what was saved, null is nothing. */
function compare(answer: unknown, expected: unknown, saved: Record<string, unknown>, what: string): void {
  if (expected === null) assert.ok(answer === undefined, `${what} is ${JSON.stringify(answer)}`);
  else if (typeof expected === 'string' && expected.startsWith('=')) {
    assert.ok(answer, what);
    saved[expected.slice(1)] = answer;
  } else if (typeof expected === 'object') {
    if (Array.isArray(expected))
      assert.equal((answer as unknown[] | undefined)?.length, expected.length, what);
    for (const [key, inner] of Object.entries(expected)) {
      compare((answer as Record<string, unknown> | undefined)?.[key], inner, saved, `${what}: ${key}`);
    }
  } else assert.equal(answer, fill(expected, saved), what);
}
