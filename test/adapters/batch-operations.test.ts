import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { answerBatchOperation, isBatchOperation } from '../../functions/adapters/batch-operations.ts';

const recorded = (version: string) =>
  JSON.parse(readFileSync(new URL(`../events/batch-operation-${version}.json`, import.meta.url), 'utf8'));

for (const version of ['1.0', '2.0']) {
  const event = recorded(version);
  const answerTo = (featurize: (photo: string) => Promise<string>) => {
    assert.ok(isBatchOperation(event));
    return answerBatchOperation(event, 'verger-dev-photos', featurize);
  };

  test(`a task of schema ${version} is answered under its ids, with its key decoded`, async () => {
    const asked: string[] = [];
    const answer = await answerTo(async (photo) => {
      asked.push(photo);
      return 'featurized';
    });
    assert.deepEqual(asked, ['fruits/Apple Golden 3/pêche.jpg']);
    assert.deepEqual(answer, {
      invocationSchemaVersion: version,
      treatMissingKeysAs: 'TemporaryFailure',
      invocationId: event.invocationId,
      results: [{ taskId: event.tasks[0].taskId, resultCode: 'Succeeded', resultString: 'featurized' }],
    });
  });

  test(`a task of schema ${version} tells what can be tried again from what cannot`, async () => {
    const codeOf = async (featurize: () => Promise<string>) => (await answerTo(featurize)).results[0];
    assert.equal((await codeOf(async () => 'refused'))?.resultCode, 'Succeeded');
    assert.equal((await codeOf(async () => 'skipped'))?.resultCode, 'Succeeded');
    assert.equal((await codeOf(async () => 'superseded'))?.resultCode, 'PermanentFailure');
    const failed = await codeOf(() => Promise.reject(new Error('the table is away')));
    assert.equal(failed?.resultCode, 'TemporaryFailure');
    assert.equal(failed?.resultString, 'Error: the table is away');
  });
}

test('a key that is no URL-encoded text fails for good', async () => {
  const event = recorded('1.0');
  event.tasks[0].s3Key = '%E6%A2';
  const { results } = await answerBatchOperation(event, 'verger-dev-photos', async () => 'featurized');
  assert.equal(results[0]?.resultCode, 'PermanentFailure');
});

test('other events are not taken for tasks, and an unknown schema is refused', () => {
  assert.equal(isBatchOperation({ Records: [] }), false);
  assert.equal(isBatchOperation(undefined), false);
  assert.throws(() => isBatchOperation({ invocationSchemaVersion: '3.0' }), /schema "3.0" should be/);
});
