/** The report as bytes: complete, closed, and proof against what labels and keys may hold. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { renderReport } from '../../functions/report/page/report.ts';
import { decodeWholes, unpackColumn } from '../../functions/report/shared/columns.ts';
import { unpackKeys } from '../../functions/report/shared/payload.ts';
import type { ReportData } from '../../functions/report/shared/report-data.ts';
import { bundleClient, CLASSIFIER, payloadOf, sampleReport } from './report-fixture.ts';

const client = bundleClient();
const HOSTILE = `</script><script>alert(1)</script><img src=x onerror="alert(2)">'&<!-- \u2028{b}`;

test('the same data gives the same bytes, in whatever order its points and labels come', () => {
  const data = sampleReport(5, 7);
  const page = renderReport(data, client);
  assert.equal(renderReport(structuredClone(data), client), page);
  const turned = { ...data, points: [...data.points].reverse(), labels: [...data.labels].reverse() };
  assert.equal(renderReport(turned, client), page);
});

test('the payload in the page holds every key, label and coordinate, to a 65535th of the range', () => {
  const data = sampleReport(6, 50);
  const { points, photos, labels } = payloadOf(renderReport(data, client));
  const sorted = [...data.points].sort((a, b) => (a.key < b.key ? -1 : 1));
  assert.deepEqual(
    unpackKeys(photos),
    sorted.map(({ key }) => key),
  );
  assert.deepEqual(
    Array.from(decodeWholes(photos.label), (place) => labels[place]),
    sorted.map(({ label }) => label),
  );
  assert.equal(points.components.length, 2);
  for (const [axis, column] of points.components.entries()) {
    for (const [at, value] of unpackColumn(column).entries()) {
      // Rounding moves a value by half a step at most; the rest is float64's own.
      assert.ok(Math.abs(value - (sorted[at]?.at[axis] ?? Number.NaN)) <= column.step * 0.5001);
    }
  }
});

test('labels are listed as a person counts, photos without one last', () => {
  const labels = ['Apple 10', null, 'apple 2', 'Apple 2'].map((label) => ({ label, count: 1 }));
  const { labels: listed } = payloadOf(renderReport(sampleReport(0, 0, { labels, rows: 4 }), client));
  assert.deepEqual(listed, ['apple 2', 'Apple 2', 'Apple 10', null]);
});

test('nothing in a key, a label or any other text becomes markup', () => {
  const data = sampleReport(2, 2);
  const page = renderReport(
    {
      ...data,
      snapshot: HOSTILE,
      createdAt: HOSTILE,
      model: HOSTILE,
      elbow: { components: 2, method: HOSTILE },
      labels: [{ label: HOSTILE, count: 4 }],
      points: data.points.map((point) => ({ ...point, key: point.key + HOSTILE, label: HOSTILE })),
      refused: [{ reason: HOSTILE, count: 1 }],
      skipped: [{ why: HOSTILE, count: 1 }],
      durations: [{ step: HOSTILE, milliseconds: 1 }],
      warnings: [HOSTILE],
      prefix: HOSTILE,
      classifier: { ...CLASSIFIER, validation: [{ ...CLASSIFIER.validation[0]!, halves: HOSTILE }] },
    },
    client,
  );
  assert.ok(!renderReport({ ...data, classifier: { none: HOSTILE } }, '').includes(HOSTILE));
  const markup = page.replace(client, '');
  assert.equal(markup.match(/<script/g)?.length, 2);
  assert.equal(markup.match(/<\/script/g)?.length, 2);
  assert.ok(!/<img|<!--/.test(markup));
  assert.equal(payloadOf(page).labels[0], HOSTILE);
  assert.ok(unpackKeys(payloadOf(page).photos).every((key) => key.endsWith(HOSTILE)));
});

test('the page forbids every fetch, and runs nothing but its own script and style sheet', () => {
  const page = renderReport(sampleReport(2, 2), client);
  const policy = page.match(/http-equiv="Content-Security-Policy" content="([^"]*)"/)?.[1];
  const decoded = policy?.replaceAll('&#39;', "'") ?? '';
  const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  assert.deepEqual(decoded.split('; '), [
    "default-src 'none'",
    `script-src ${hash(page.match(/<script>([\s\S]*)<\/script>/)?.[1])}`,
    `style-src ${hash(page.match(/<style>([\s\S]*?)<\/style>/)?.[1])}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ]);
});

test('the page names no address but parts of itself', () => {
  const page = renderReport(sampleReport(2, 2), client);
  // The bundle ends with its libraries' licences, which name their homes.
  const live = page.replace(/\/\*![\s\S]*?\*\//g, '');
  assert.deepEqual(live.match(/https?:\/\/.{0,60}/g), null);
  assert.deepEqual(live.match(/@import.{0,60}/g), null);
  const addresses = [...page.replace(client, '').matchAll(/\s(?:src|href|action)="([^"]*)"/g)].map(
    ([, to]) => to,
  );
  assert.ok(addresses.length > 2);
  for (const to of addresses) assert.match(to ?? '', /^(#m\d+|data:,)$/);
});

test('a page of 8,000 photos of 131 labels stays under 900 kB, most of it the chart library', () => {
  const page = renderReport(sampleReport(131, 62), client);
  assert.ok(client.length < 600_000, `the script has ${client.length} bytes`);
  assert.ok(page.length < 900_000, `the page has ${page.length} bytes`);
  assert.ok(JSON.stringify(payloadOf(page)).length < 32 * 131 * 62);
});

test('a script that could end its own element is refused', () => {
  for (const script of ['a("</script>")', 'a("</SCRIPT x")', 'a<!--b']) {
    assert.throws(() => renderReport(sampleReport(1, 2), script), { code: 'BAD_BUNDLE' });
  }
});

test('a point under a label that is not listed is refused by name', () => {
  const data = sampleReport(1, 2, { labels: [{ label: 'Fig', count: 2 }] });
  assert.throws(() => renderReport(data, client), {
    code: 'CONTRACT_BROKEN',
    message: /label Apple Golden 1/,
  });
});

test('the headline and the facts say what came of the reduce', () => {
  const page = renderReport(
    sampleReport(3, 4, { rows: 12_345, components: 2, spectrum: [5, 3, 1], totalVariance: 10 }),
    client,
  );
  assert.match(
    page,
    /<h1>12,345 photos of 3 labels in 2 components, which hold 80\.0% of the variance<\/h1>/,
  );
  assert.ok(/12 of 12,345 photos, picked evenly/.test(page));
  assert.ok(/<dt>Photos refused<\/dt><dd>15<\/dd>/.test(page));
  assert.ok(/<tr><td>2<td class="n">3<td class="n">30\.0%<td class="n">80\.0%/.test(page));
  assert.ok(
    /Of the components, 2 hold 80%, 3 hold 90% \(dotted\)\./.test(page),
    '95 % is beyond the spectrum told',
  );
  assert.ok(/21 November 2025, 01:10 UTC/.test(page));
});

test('how far to believe identify is told: how its classifier was tried, and what was found', () => {
  const page = renderReport(sampleReport(3, 4, { classifier: CLASSIFIER }), '').replaceAll('\n', ' ');
  for (const told of [
    'tells 28 labels apart and is fitted to all their photos',
    'folds were never drawn at random',
    '<tr><th scope="row">two groups of each label by likeness<td class="n">1,142<td class="n">61.6%<td class="n">93.0%<td class="n">0.071',
    'the temperature, 0.085, by which',
    'From a confidence of 45.0% on, answers were right at least as often as wrong: below,',
    'a cosine of 0.381 or more, it is',
  ]) {
    assert.ok(page.includes(told), told);
  }
  const none = renderReport(
    sampleReport(1, 4, { classifier: { none: 'only <one> label has 3 photos' } }),
    '',
  );
  assert.ok(none.includes('There is no classifier: only &#60;one&#62; label has 3 photos.'));
  assert.ok(!renderReport(sampleReport(1, 4), '').includes('believe identify'));
});

test('a report says when the model was trained on the photos, and whose answers the figures are', () => {
  const told = (learned?: { photos: number; asked: 'photos of this snapshot' | 'photos of the training' }) =>
    renderReport(
      sampleReport(3, 4, { classifier: { ...CLASSIFIER, ...(learned && { learned }) } }),
      '',
    ).replaceAll('\n', ' ');
  const unknown = told();
  assert.ok(
    unknown.includes(
      'They flatter where the model that made the features was trained on these very photos, or where',
    ),
  );
  assert.ok(!unknown.includes('was trained on none'));
  const none = told({ photos: 0, asked: 'photos of this snapshot' });
  assert.ok(none.includes('The model was trained on none of these photos.'));
  assert.ok(none.includes('They flatter where a label shows its fruit from one side only.'));
  const some = told({ photos: 1712, asked: 'photos of this snapshot' });
  assert.ok(some.includes('was trained on 1,712 of these photos.</strong>'));
  assert.ok(some.includes('so they were told and not asked about.</p>'));
  const all = told({ photos: 712, asked: 'photos of the training' });
  assert.ok(
    all.includes(
      'networks of the same recipe had learned one half of its photos, and were asked about the other.',
    ),
  );
});

test('how many components are drawn is told beside how many the rows can have, not the features', () => {
  const page = (spectrum: number[]) => renderReport(sampleReport(1, 4, { components: 2, spectrum }), client);
  assert.match(page(new Array(299).fill(1)), /Drawn are the first 21 of 299\./);
  assert.ok(!page([3, 2, 1]).includes('Drawn are the first'), 'all three are drawn');
});

test('rows that are all alike have no variance, and no component holds any', () => {
  const page = renderReport(sampleReport(1, 2, { components: 1, spectrum: [0], totalVariance: 0 }), client);
  assert.ok(/which holds 0\.0% of the variance/.test(page));
  assert.ok(!/NaN|Infinity/.test(page.replace(client, '')));
});

test('refusals are explained, a reason this version does not know is shown as it is', () => {
  const refused = [
    { reason: 'empty', count: 2 },
    { reason: 'too-blurred', count: 1_000 },
    { reason: 'corrupt', count: 0 },
  ];
  const page = renderReport(sampleReport(1, 2, { refused }), client);
  assert.ok(/<code>empty<\/code><br>The file holds no bytes\.<td class="n">2/.test(page));
  assert.ok(/<code>too-blurred<\/code><br><td class="n">1,000/.test(page));
  assert.ok(!/<code>corrupt/.test(page));
  const none = renderReport(sampleReport(1, 2, { refused: [] }), client);
  assert.ok(none.includes('No photo was refused.'));
});

test('warnings stand before the charts, and nothing stands there without one', () => {
  const warned = renderReport(sampleReport(1, 2, { warnings: ['Only 2 components & no more'] }), client);
  assert.ok(warned.indexOf('Only 2 components &#38; no more') < warned.indexOf('id="scree"'));
  assert.ok(/<h2>A warning<\/h2>/.test(warned));
  assert.ok(!/role="note"/.test(renderReport(sampleReport(1, 2), client)));
});

for (const [asked, kept, words] of [
  [64, 64, '64'],
  [0.95, 12, 'as many as hold 95.0% of the variance'],
  [1, 1, '1'],
  [1, 64, 'as many as hold 100.0% of the variance'],
  ['elbow', 14, 'elbow: as many as come before the spectrum levels off'],
  ['all', 256, 'all'],
] as const) {
  test(`components ${asked}, of which ${kept} came, is told as: ${words}`, () => {
    const options: ReportData['options'] = { components: asked, standardize: false, projection: 'spark' };
    const page = renderReport(sampleReport(1, 2, { options, components: kept }), client);
    assert.ok(page.includes(`Components asked for<td>${words}<`));
    assert.ok(page.includes('Standardised<td>no<'));
    assert.ok(page.includes('Projection<td>spark: '));
  });
}
