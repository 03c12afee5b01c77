import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answerBatchOperation, isBatchOperation } from '../../functions/adapters/batch-operations.ts';
import type { FeaturizeOutcome } from '../../functions/core/featurize.ts';
import type { BatchResult } from '../../functions/core/featurize-batch.ts';
import type { KeyRequest } from '../../functions/core/ports.ts';

const recorded = (version: string) =>
  JSON.parse(readFileSync(new URL(`../events/batch-operation-${version}.json`, import.meta.url), 'utf8'));

const done = (status: FeaturizeOutcome['status']) => async (requests: KeyRequest[]) =>
  requests.map(
    (request): BatchResult => ({
      ...{ request, state: 'done', outcome: { ...request, status, milliseconds: {} } },
    }),
  );

for (const version of ['1.0', '2.0']) {
  const event = recorded(version);
  const answerTo = (featurize: (requests: KeyRequest[]) => Promise<BatchResult[]>) => {
    assert.ok(isBatchOperation(event));
    return answerBatchOperation(event, 'verger-dev-photos', featurize);
  };

  test(`a task of schema ${version} is answered under its ids, with its key decoded`, async () => {
    const asked: KeyRequest[] = [];
    const answer = await answerTo((requests) => {
      asked.push(...requests);
      return done('featurized')(requests);
    });
    assert.deepEqual(asked, [{ key: 'fruits/Apple Golden 3/pêche.jpg', version: 'current' }]);
    assert.deepEqual(answer, {
      invocationSchemaVersion: version,
      treatMissingKeysAs: 'TemporaryFailure',
      invocationId: event.invocationId,
      results: [{ taskId: event.tasks[0].taskId, resultCode: 'Succeeded', resultString: 'featurized' }],
    });
  });

  test(`a task of schema ${version} tells what can be tried again from what cannot`, async () => {
    const codeOf = async (status: FeaturizeOutcome['status']) => (await answerTo(done(status))).results[0];
    assert.equal((await codeOf('refused'))?.resultCode, 'Succeeded');
    assert.equal((await codeOf('skipped'))?.resultCode, 'Succeeded');
    assert.equal((await codeOf('superseded'))?.resultCode, 'PermanentFailure');
    const { results } = await answerTo(async (requests) =>
      requests.map(
        (request): BatchResult => ({
          ...{ request, state: 'failed', error: new Error('the table is away') },
        }),
      ),
    );
    assert.equal(results[0]?.resultCode, 'TemporaryFailure');
    assert.equal(results[0]?.resultString, 'Error: the table is away');
  });
}

test('of several tasks, those there was no time for are to be tried again, and a key that is not URL-encoded is not', async () => {
  const event = recorded('1.0');
  event.tasks = ['a.jpg', '%E6%A2', 'b.jpg', 'c.jpg'].map((s3Key, index) => ({
    ...event.tasks[0],
    ...{ taskId: `t${index}`, s3Key },
  }));
  const { results } = await answerBatchOperation(event, 'verger-dev-photos', async (requests) =>
    requests.map(
      (request): BatchResult => ({
        request,
        ...(request.key === 'a.jpg'
          ? { state: 'done', outcome: { ...request, status: 'featurized', milliseconds: {} } }
          : { state: request.key === 'b.jpg' ? 'begun' : 'waiting' }),
      }),
    ),
  );
  assert.deepEqual(
    results.map(({ taskId, resultCode }) => [taskId, resultCode]),
    [
      ['t0', 'Succeeded'],
      ['t1', 'PermanentFailure'],
      ['t2', 'TemporaryFailure'],
      ['t3', 'TemporaryFailure'],
    ],
  );
  assert.match(results[1]?.resultString ?? '', /"%E6%A2" is not URL-encoded/);
  assert.match(results[2]?.resultString ?? '', /time of this invocation ran out/);
});

test('other events are not taken for tasks, and an unknown schema is refused', () => {
  assert.equal(isBatchOperation({ Records: [] }), false);
  assert.equal(isBatchOperation(undefined), false);
  assert.throws(() => isBatchOperation({ invocationSchemaVersion: '3.0' }), /schema "3.0" should be/);
});
