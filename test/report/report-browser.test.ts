/** The report as a person meets it: drawn, pointed at, on a phone, in the dark and on paper. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { frameMap, readMap, toPixels } from '../../functions/report/client/photo-map.ts';
import { COLOURS } from '../../functions/report/shared/marks.ts';
import type { ReportData } from '../../functions/report/shared/report-data.ts';
import { NEEDS_CHROMIUM } from '../chromium.ts';
import { CLASSIFIER, payloadOf, sampleReport } from './report-fixture.ts';
import { createViewer, DESKTOP, eventually, PHONE } from './report-view.ts';

const HOSTILE = `</script><img src=x onerror="window.broken=1">{b}{a|c} a very-long-label-without-a-space-in-it`;

describe('the report in Chromium', NEEDS_CHROMIUM, () => {
  const { view, open, close } = createViewer();
  before(open);
  after(close);

  const cases: [name: string, data: ReportData][] = [
    ['30 labels', sampleReport(30, 200, { classifier: CLASSIFIER })],
    ['131 labels', sampleReport(131, 46)],
    ['one label', sampleReport(1, 50)],
    ['one component', sampleReport(12, 30, { components: 1 })],
    ['no labels', unlabelled(sampleReport(1, 40))],
    ['two photos', sampleReport(2, 1, { components: 1, spectrum: [1], totalVariance: 1, elbow: undefined })],
    ['photos that are all alike', alike(sampleReport(2, 20))],
    ['hostile labels', hostile(sampleReport(3, 20))],
  ];
  for (const [name, data] of cases) {
    test(`draws ${name} without a complaint or a request, and nothing sticks out on a phone`, async () => {
      await view(data, DESKTOP, async (page) => {
        for (const viewport of [DESKTOP.viewport, PHONE.viewport]) {
          await page.setViewportSize(viewport);
          // Below, points; above them names and what is pointed at, if any.
          const [points = 0, , scree = 0] = await page.evaluate<number[]>(INK_OF_CANVASES);
          assert.ok(scree > 2000, `scree plot: ${scree} pixels`);
          assert.ok(points > 500, `scatter plot: ${points} pixels`);
          await eventually(async () => {
            const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
            assert.ok(wide <= viewport.width, `${wide} pixels wide`);
            const chart = await boxOf(page, '#map canvas >> nth=0');
            assert.equal(Math.round(chart.width), Math.round((await boxOf(page, '#map')).width));
          });
        }
        assert.equal(await page.evaluate('window.broken'), undefined);
        assert.equal(await page.locator('img').count(), 0);
      });
    });
  }

  test('a point lies where its coordinates say, in its colour, and pointing at it names photo and label', async () => {
    const data = hostile(sampleReport(3, 1));
    await view(data, DESKTOP, async (page, source) => {
      const { box, map, places } = await placesOf(page, source);
      for (const [at, [right, down]] of places.entries()) {
        const drawn = await page.evaluate<number[]>(pixelAt(right, down));
        const expected = COLOURS[map.label[at] ?? 0]?.light ?? '';
        // Drawn at 85% over the ground, and blended at its edges: near is enough to tell colours apart.
        assert.ok(distance(drawn, expected) < 60, `${drawn} for ${expected}`);

        await page.mouse.move(box.x + right + 2, box.y + down - 2);
        const tip = page.locator('#map .tip');
        await tip.waitFor();
        assert.equal(await tip.locator('b').textContent(), map.labels[map.label[at] ?? 0]);
        assert.equal(await tip.locator('.key').textContent(), map.photos[at]);
        const near = await page.locator('#labels tr.near').allTextContents();
        assert.deepEqual(near, [`${map.labels[map.label[at] ?? 0]}1`]);
      }
      await page.mouse.move(1, 1);
      await page.locator('#map .tip').waitFor({ state: 'hidden' });
    });
  });

  test('a tap names a photo on a phone', async () => {
    await view(sampleReport(4, 1), PHONE, async (page, source) => {
      const { box, map, places } = await placesOf(page, source);
      const [right, down] = places[2] ?? [0, 0];
      await page.touchscreen.tap(box.x + right, box.y + down);
      assert.equal(await page.locator('#map .tip .key').textContent(), map.photos[2]);
    });
  });

  test('the scree plot tells a component under the pointer', async () => {
    await view(sampleReport(2, 2), DESKTOP, async (page) => {
      await page.locator('#scree').scrollIntoViewIfNeeded();
      const box = await boxOf(page, '#scree');
      await page.mouse.move(box.x + 60, box.y + 300);
      await page.getByText(/^Component 2: 8\.5%/).waitFor();
    });
  });

  test('a label pressed is held and the others greyed, a search narrows the list, and both are undone', async () => {
    await view(sampleReport(30, 40), DESKTOP, async (page) => {
      const colours = () => page.evaluate<number>(COLOURS_OF_MAP);
      const shown = () => page.locator('#labels tr:visible').count();
      const told = page.locator('#told');
      const all = await colours();
      await page.getByRole('button', { name: 'Fig Golden 2' }).click();
      await page.mouse.move(1, 1);
      assert.equal(
        await page.getByRole('button', { name: 'Fig Golden 2' }).getAttribute('aria-pressed'),
        'true',
      );
      assert.equal(await told.textContent(), '1 of 30 labels');
      assert.ok((await colours()) < all / 4, 'the others are grey');
      await page.getByRole('button', { name: 'Show all' }).click();
      assert.equal(await told.textContent(), '30 labels');
      assert.equal(await colours(), all);

      await page.getByRole('searchbox', { name: 'Find a label' }).fill('APPLE');
      assert.equal(await shown(), 3);
      assert.equal(await told.textContent(), '3 of 30 labels');
      assert.ok((await colours()) < all / 4, 'what was not found is grey');
      await page.getByRole('searchbox').fill('no such label');
      assert.equal(await told.textContent(), '0 of 30 labels');
      assert.equal(await colours(), all);
      await page.getByRole('button', { name: 'Show all' }).click();
      assert.equal(await shown(), 30);
    });
  });

  test('a label reached by keyboard is previewed', async () => {
    await view(sampleReport(30, 40), DESKTOP, async (page) => {
      const all = await page.evaluate<number>(COLOURS_OF_MAP);
      await page.locator('#find').focus();
      await page.keyboard.press('Tab');
      const name = await page.evaluate('document.activeElement.textContent');
      assert.equal(name, 'Apple Golden 1');
      assert.ok((await page.evaluate<number>(COLOURS_OF_MAP)) < all / 4);
    });
  });

  test('page and charts follow the colour scheme as it changes', async () => {
    await view(sampleReport(3, 20), { ...DESKTOP, colorScheme: 'light' }, async (page) => {
      const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      // The first bar of the scree plot, in the accent colour of either scheme.
      const bar = () => page.evaluate<number[]>(pixelAt(52, 365, '#scree canvas'));
      assert.equal(await ground(), 'rgb(252, 251, 248)');
      assert.ok(distance(await bar(), '#2f6b4a') < 12, `${await bar()}`);
      await page.emulateMedia({ colorScheme: 'dark' });
      assert.equal(await ground(), 'rgb(20, 23, 20)');
      await eventually(async () => assert.ok(distance(await bar(), '#82c79f') < 12, `${await bar()}`));
    });
  });

  test('on paper there are all points, every label and no dark ground, and the screen comes back after', async () => {
    await view(sampleReport(131, 46), { ...DESKTOP, colorScheme: 'dark' }, async (page) => {
      const before = await page.evaluate<number[]>(INK_OF_CANVASES);
      const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true });
      assert.deepEqual(await page.evaluate<number[]>(INK_OF_CANVASES), before);
      const drawing = streamsOf(pdf);
      // A point is a closed path: 6,026 of them, beside what else is filled.
      assert.ok((drawing.match(/\bh\b/g)?.length ?? 0) > 6026);
      assert.ok(!/\.0784\d* \.09/.test(drawing), 'the dark ground, 20/255, is nowhere');
      assert.ok((pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0) <= 5);

      await page.emulateMedia({ media: 'print' });
      await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
      assert.equal(await page.locator('#labels tr:visible').count(), 131);
      // One upon the other, the upper canvas would be printed as a white sheet over the lower one.
      assert.equal(await page.locator('#map canvas:visible').count(), 1);
      await eventually(async () => assert.equal((await boxOf(page, '#map canvas:visible')).width, 680));
    });
  });

  async function boxOf(page: Page, selector: string) {
    const box = await page.locator(selector).boundingBox();
    assert.ok(box, selector);
    return box;
  }

  /** Where the scatter plot is, and where in it each point of the report must be. */
  async function placesOf(page: Page, source: string) {
    await page.locator('#map').scrollIntoViewIfNeeded();
    const box = await boxOf(page, '#map');
    const map = readMap(payloadOf(source));
    const frame = frameMap(map, box.width);
    assert.ok(Math.abs(box.height - frame.height) < 0.1);
    return { box, map, places: map.x.map((x, at) => toPixels(frame, x, map.y[at] ?? 0)) };
  }
});

/** For each canvas, how many pixels are not transparent. */
const INK_OF_CANVASES = `[...document.querySelectorAll('canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0;
  for (let at = 3; at < data.length; at += 4) ink += data[at] > 0;
  return ink;
})`;

/** How many pixels of the scatter plot's two canvases are colourful: channels over 60 levels apart. */
const COLOURS_OF_MAP = `[...document.querySelectorAll('#map canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const channels = [data[at], data[at + 1], data[at + 2]];
    count += data[at + 3] > 128 && Math.max(...channels) - Math.min(...channels) > 60;
  }
  return count;
}).reduce((sum, count) => sum + count)`;

/** Red, green and blue at a place of a canvas, in CSS pixels from its top left. */
function pixelAt(right: number, down: number, canvas = '#map canvas'): string {
  return `(() => {
    const canvas = document.querySelector('${canvas}');
    const scale = canvas.width / canvas.clientWidth;
    return [...canvas.getContext('2d').getImageData(${right} * scale, ${down} * scale, 1, 1).data].slice(0, 3);
  })()`;
}

function distance(drawn: number[], colour: string): number {
  return Math.hypot(
    ...[0, 1, 2].map((at) => (drawn[at] ?? 0) - Number.parseInt(colour.slice(1 + 2 * at, 3 + 2 * at), 16)),
  );
}

/** A PDF's compressed streams, inflated: its drawing commands among them. */
function streamsOf(pdf: Buffer): string {
  const text = pdf.toString('latin1');
  return [...text.matchAll(/\/FlateDecode[\s\S]*?stream\r?\n/g)]
    .map(({ index, 0: head }) => {
      const from = index + head.length;
      return inflateSync(pdf.subarray(from, text.indexOf('endstream', from))).toString('latin1');
    })
    .join('\n');
}

function unlabelled(data: ReportData): ReportData {
  return {
    ...data,
    labels: [{ label: null, count: data.rows }],
    points: data.points.map((point) => ({ ...point, label: null })),
  };
}

function alike(data: ReportData): ReportData {
  return {
    ...data,
    spectrum: [0, 0],
    components: 2,
    totalVariance: 0,
    points: data.points.map((point) => ({ ...point, x: 0, y: 0 })),
  };
}

function hostile(data: ReportData): ReportData {
  return {
    ...data,
    snapshot: `${HOSTILE}${'x'.repeat(200)}`,
    model: HOSTILE,
    labels: data.labels.map(({ label, count }) => ({ label: `${label} ${HOSTILE}`, count })),
    points: data.points.map((point) => ({
      ...point,
      key: `${HOSTILE}/${point.key}`,
      label: `${point.label} ${HOSTILE}`,
    })),
    skipped: [{ why: HOSTILE, count: 1 }],
    refused: [{ reason: `${'r'.repeat(80)}${HOSTILE}`, count: 1 }],
    warnings: [HOSTILE],
  };
}
