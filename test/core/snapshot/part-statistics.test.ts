import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartSurvey } from '../../../functions/core/snapshot/part-statistics.ts';

/** The statistics of batches of rows: path, label and time. */
async function survey(...batches: [key: string, label: string | null, featurizedAt: number][][]) {
  async function* given() {
    for (const rows of batches) {
      yield {
        model: 'm@0',
        rows: rows.map(([key, label, featurizedAt]) => ({
          key,
          label,
          featurizedAt,
          etag: '',
          width: 1,
          height: 1,
          bytes: 1,
        })),
        features: new Float32Array(rows.length),
        pcaFeatures: new Float32Array(rows.length),
      };
    }
  }
  const survey = new PartSurvey();
  const passed: string[] = [];
  for await (const { rows } of survey.watch(given())) passed.push(...rows.map(({ key }) => key));
  assert.deepEqual(
    passed,
    batches.flat().map(([key]) => key),
  );
  return survey.statistics;
}

test('the smallest and largest path, label and time of a part are known once its rows have passed', async () => {
  assert.deepEqual(
    await survey(
      [
        ['a', 'pear', 50],
        ['b', null, 40],
      ],
      [
        ['c', 'apple', 90],
        ['d', 'kiwi', 60],
        ['e', null, 70],
        ['f', 'plum', 80],
      ],
    ),
    { path: ['a', 'f'], label: ['apple', 'plum'], unlabelled: 2, featurizedAt: [40, 90] },
  );
  assert.deepEqual(await survey([['a', 'pear', 5]]), {
    path: ['a', 'a'],
    label: ['pear', 'pear'],
    unlabelled: 0,
    featurizedAt: [5, 5],
  });
});

test('labels are ordered by their UTF-8 bytes, in which an emoji comes after U+FB01; a part without any has none', async () => {
  const labels = ['\uFB01g', '\u{1F34E}', 'z'] as const;
  const { label } = await survey(labels.map((name, at) => [`${at}`, name, 0]));
  assert.deepEqual(label, ['z', '\u{1F34E}']);
  assert.deepEqual((await survey([...labels].reverse().map((name, at) => [`${at}`, name, 0]))).label, label);
  assert.deepEqual(await survey([['a', null, 1]]), {
    path: ['a', 'a'],
    unlabelled: 1,
    featurizedAt: [1, 1],
  });
});
