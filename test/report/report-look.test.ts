/** The report as a tool: lists of photos to look at, panel, map that moves, selection; with mouse, fingers and keyboard. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { frameMap, readMap, toPixels } from '../../functions/report/client/photo-map.ts';
import type { ReportData } from '../../functions/report/shared/report-data.ts';
import { NEEDS_CHROMIUM } from '../chromium.ts';
import { payloadOf, sampleReport } from './report-fixture.ts';
import { createViewer, DESKTOP, eventually, PHONE } from './report-view.ts';

const HOSTILE = `"><img src=x onerror="window.broken=1">`;
const WEBP = await sharp({ create: { width: 16, height: 12, channels: 3, background: '#c03020' } })
  .webp()
  .toBuffer();

describe('the report as a tool, in Chromium', NEEDS_CHROMIUM, () => {
  const { view, open, close } = createViewer();
  before(open);
  after(close);

  test('each list says what and why, with pictures; nothing hostile in keys or labels becomes markup', async () => {
    const data = reviewed(hostile(sampleReport(4, 12)));
    await view(data, DESKTOP, async (page) => {
      const entry = page.locator('#look ol.look > li').first();
      assert.equal(await entry.locator('img').count(), 3);
      const why = (await entry.locator('.why').textContent()) ?? '';
      assert.match(
        why,
        /^Labelled Apple Golden 1.*, looks like Apricot Golden 1.*: 7 of its 8 nearest are, none is/,
      );
      assert.match(
        await textOf(page, '#look'),
        /Copies: 1.*2 copies, equal byte for byte, labelled .* and /s,
      );
      assert.match(
        await textOf(page, '#look'),
        /Near-duplicates: 40.*By the pixels of all photos 1 pair is one picture; those stand first\. The first 2 are listed.*One picture by its pixels, similarity 0\.902.*Similarity 0\.987, both /s,
      );
      assert.match(
        await textOf(page, '#look'),
        /Outliers: 1.*similarity to its nearest 0\.41, where 0\.83 is usual/s,
      );
      assert.match(await textOf(page, '.confused'), /Apple Golden 1.* – Apricot Golden 1.*32\.5%/s);
      assert.match(await textOf(page, '#look'), /nearest neighbour of 87\.5% bears the same one/);
      assert.match(await textOf(page, '#refused ~ div'), /broken.*corrupt.*premature end/s);
      assert.match(
        await textOf(page, '#photos'),
        /The page holds pictures of 24 of 48: no more fit into its size/,
      );
      assert.equal(await page.evaluate('window.broken'), undefined);
      assert.equal(await page.locator('img:not([src^="data:image/webp;base64,"])').count(), 0);
    });
  });

  test('a label that turns the direction of writing turns nothing but itself', async () => {
    const data = sampleReport(4, 12);
    const turned = (label: string | null) => label && `\u202e${label}`;
    data.points = data.points.map((point) => ({ ...point, label: turned(point.label) }));
    data.labels = data.labels.map((label) => ({ ...label, label: turned(label.label) }));
    await view(reviewed(data), DESKTOP, async (page) => {
      const why = page.locator('#look ol.look > li .why').first();
      assert.match((await why.textContent()) ?? '', /^Labelled \u202eApple/);
      const lefts = await why.evaluate((element) =>
        [...element.childNodes]
          .filter((node) => node.nodeType === 3)
          .map((node) =>
            [0, 1].map((at) => {
              const range = element.ownerDocument.createRange();
              range.setStart(node, at);
              range.setEnd(node, at + 1);
              return range.getBoundingClientRect().left;
            }),
          ),
      );
      assert.equal(lefts.length, 4); // "Labelled ", ", looks like ", ": 7 of …", "; similarity …"
      for (const [first, second] of lefts) assert.ok(first! < second!, `${lefts}`);
    });
  });

  test('an entry opens the photo’s panel with its eight neighbours; a neighbour opens its own; Escape closes and gives focus back', async () => {
    await view(reviewed(sampleReport(4, 12)), DESKTOP, async (page) => {
      const first = page.locator('#look [data-photo]').first();
      await first.focus();
      await page.keyboard.press('Enter');
      const panel = page.locator('#panel');
      assert.equal(await panel.locator('.alike li').count(), 8);
      const key = await panel.locator('.key').first().textContent();
      assert.equal(key, await first.getAttribute('title'));
      assert.match((await panel.locator('.alike li').first().textContent()) ?? '', /^Apple Golden 10\.95\d$/);
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Close');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.notEqual(await panel.locator('.key').first().textContent(), key);
      await page.keyboard.press('Escape');
      assert.ok(await panel.isHidden());
      assert.equal(await page.evaluate('document.activeElement.title'), key);
    });
  });

  test('a point pressed opens its panel; a drag moves the enlarged map, opens nothing and holds no label; reset shows the whole', async () => {
    await view(reviewed(sampleReport(3, 8)), DESKTOP, async (page, source) => {
      const { box, map, at } = await mapOf(page, source);
      const [x, y] = at(5);
      await page.mouse.click(box.x + x, box.y + y);
      assert.equal(await page.locator('#panel .key').first().textContent(), map.photos[5]);
      await page.keyboard.press('Escape');

      const before = await picture(page);
      await page.mouse.move(box.x + x, box.y + y);
      for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -120);
      await eventually(async () => assert.notEqual(await picture(page), before));
      await page.mouse.move(1, 1);
      const enlarged = await picture(page);
      // What was under the pointer still is.
      await page.mouse.move(box.x + x, box.y + y);
      assert.equal(await page.locator('#map .tip .key').textContent(), map.photos[5]);
      await page.mouse.down();
      await page.mouse.move(box.x + x + 60, box.y + y + 30, { steps: 4 });
      await page.mouse.up();
      assert.ok(await page.locator('#panel').isHidden());
      assert.equal(await page.locator('#labels tr.held').count(), 0);
      await page.mouse.move(box.x + x + 60, box.y + y + 30);
      assert.equal(await page.locator('#map .tip .key').textContent(), map.photos[5]);
      await page.mouse.move(1, 1);
      await eventually(async () => assert.notEqual(await picture(page), enlarged));
      await page.getByRole('button', { name: 'Show the whole map' }).click();
      await page.mouse.move(1, 1);
      await eventually(async () => assert.equal(await picture(page), before));
    });
  });

  test('a box and a lasso list the photos they hold, and their keys are copied; Escape clears', async () => {
    const options = { ...DESKTOP, permissions: ['clipboard-read', 'clipboard-write'] };
    await view(reviewed(sampleReport(3, 8)), options, async (page, source) => {
      const { box, map, at } = await mapOf(page, source);
      const [x, y] = at(3);
      const near = map.x.flatMap((_, other) => {
        const [right, down] = at(other);
        return Math.abs(right - x) < 30 && Math.abs(down - y) < 30 ? [map.photos[other]!] : [];
      });
      const outline = async (...places: [number, number][]) => {
        const [first, ...rest] = places.map(
          ([right, down]) => [box.x + x + right, box.y + y + down] as const,
        );
        await page.mouse.move(...first!);
        await page.mouse.down();
        for (const place of rest) await page.mouse.move(...place, { steps: 3 });
        await page.mouse.up();
      };
      await page.getByRole('button', { name: 'Box' }).click();
      await outline([-30, -30], [30, 30]);
      const listed = async () => (await page.locator('#selection .key').allTextContents()).sort();
      assert.deepEqual(await listed(), near.toSorted());
      await page.getByRole('button', { name: 'Copy their keys' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      assert.equal(await page.evaluate('navigator.clipboard.readText()'), near.toSorted().join('\n'));
      await page.locator('#selection li button').first().click();
      assert.equal(
        await page.locator('#panel .key').first().textContent(),
        await page.locator('#selection .key').first().textContent(),
      );
      await page.keyboard.press('Escape');
      assert.ok(await page.locator('#selection').isHidden());

      await page.getByRole('button', { name: 'Lasso' }).click();
      await outline([-31, -31], [31, -31], [31, 31], [-31, 31]);
      assert.ok((await listed()).length >= near.length);
      await page.keyboard.press('Escape');
      assert.ok(await page.locator('#selection').isHidden());
    });
  });

  test('axes, arrangement and colours are chosen, and the ends of a component shown', async () => {
    await view(reviewed(sampleReport(6, 10)), DESKTOP, async (page) => {
      await page.locator('#map').scrollIntoViewIfNeeded();
      const before = await picture(page);
      await page.getByRole('combobox', { name: 'Up' }).selectOption('2');
      await eventually(async () => assert.notEqual(await picture(page), before));
      await page.getByRole('combobox', { name: 'Arranged by' }).selectOption('nearby');
      assert.ok(await page.getByRole('combobox', { name: 'Up' }).isHidden());
      await page.getByRole('combobox', { name: 'Coloured by' }).selectOption('folder');
      assert.deepEqual(await page.locator('#labels tr').allTextContents(), ['left30', 'right30']);
      await page.getByRole('combobox', { name: 'Coloured by' }).selectOption('label');
      assert.equal(await page.locator('#labels tr').count(), 6);

      assert.equal(await page.locator('#ends li').count(), 12);
      const highest = page.locator('#ends .two > div').nth(1).locator('button').first();
      const key = await highest.getAttribute('title');
      await page.getByRole('combobox', { name: 'Photos at the two ends of' }).selectOption('2');
      assert.notEqual(await highest.getAttribute('title'), key);
      await highest.click();
      assert.equal(
        await page.locator('#panel .key').first().textContent(),
        await highest.getAttribute('title'),
      );
    });
  });

  test('enlarged until few points are left, they are pictures', async () => {
    await view(reviewed(sampleReport(6, 60)), DESKTOP, async (page, source) => {
      const { box, at } = await mapOf(page, source);
      const [x, y] = at(2); // has a picture: every other photo does
      const red = () => page.evaluate<number>(RED_OF_MAP);
      const before = await red();
      await page.mouse.move(box.x + x, box.y + y);
      for (let turn = 0; turn < 10; turn++) await page.mouse.wheel(0, -120);
      await page.mouse.move(1, 1);
      // A picture of 44 × 33 pixels at twice the density, in the red of the fixture.
      await eventually(async () =>
        assert.ok((await red()) > before + 4000, `${await red()}, ${before} before`),
      );
    });
  });

  test('on a phone a tap opens the panel from below, two fingers enlarge the map, and one then moves it', async () => {
    await view(reviewed(sampleReport(3, 8)), PHONE, async (page, source) => {
      const { box, map, at } = await mapOf(page, source);
      const [x, y] = at(4);
      await page.touchscreen.tap(box.x + x, box.y + y);
      assert.equal(await page.locator('#panel .key').first().textContent(), map.photos[4]);
      const panel = await page.locator('#panel').boundingBox();
      assert.ok(
        panel && panel.x === 0 && panel.width === 360 && panel.height < 740 * 0.63,
        JSON.stringify(panel),
      );
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360);
      await page.locator('#panel .close').tap();
      assert.equal(await page.evaluate(`document.querySelector('#map').style.touchAction`), 'pan-y');

      const client = await page.context().newCDPSession(page);
      const touch = (type: string, ...places: number[][]) =>
        client.send('Input.dispatchTouchEvent', {
          type: type as 'touchStart',
          touchPoints: places.map(([right = 0, down = 0], id) => ({ x: box.x + right, y: box.y + down, id })),
        });
      const middle = [box.width / 2, box.height / 2] as const;
      await touch('touchStart', [middle[0] - 20, middle[1]], [middle[0] + 20, middle[1]]);
      for (const apart of [40, 60, 80])
        await touch('touchMove', [middle[0] - apart, middle[1]], [middle[0] + apart, middle[1]]);
      await touch('touchEnd');
      await eventually(async () =>
        assert.equal(await page.evaluate(`document.querySelector('#map').style.touchAction`), 'none'),
      );
      assert.ok(await page.locator('#panel').isHidden());
    });
  });

  test('in the dark and on paper the lists keep their pictures; controls stay off the paper', async () => {
    await view(reviewed(sampleReport(3, 12)), { ...DESKTOP, colorScheme: 'dark' }, async (page) => {
      const ground = await page.evaluate(
        `getComputedStyle(document.querySelector('#look img')).backgroundColor`,
      );
      assert.equal(ground, 'rgb(29, 33, 29)');
      await page.emulateMedia({ media: 'print' });
      assert.ok((await page.locator('#look img:visible').count()) >= 6);
      for (const id of ['tools', 'panel', 'selection'])
        assert.ok(await page.locator(`#${id}`).isHidden(), id);
    });
  });

  async function textOf(page: Page, selector: string): Promise<string> {
    return (await page.locator(selector).first().textContent()) ?? '';
  }

  /** Where the map is, and where in it a point must be. */
  async function mapOf(page: Page, source: string) {
    await page.evaluate(`document.querySelector('#map').scrollIntoView({ block: 'center' })`);
    // The wheel scrolls on for a moment after the page was scrolled.
    await page.waitForTimeout(400);
    const box = await page.locator('#map').boundingBox();
    assert.ok(box);
    const map = readMap(payloadOf(source));
    const frame = frameMap(map, box.width);
    return { box, map, at: (point: number) => toPixels(frame, map.x[point]!, map.y[point]!) };
  }

  /** The points as they are drawn now. */
  function picture(page: Page): Promise<string> {
    return page.evaluate<string>(`document.querySelector('#map canvas').toDataURL()`);
  }
});

/** How many pixels of the map's lower canvas are in the pictures' red. */
const RED_OF_MAP = `(() => {
  const canvas = document.querySelector('#map canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    count += Math.abs(data[at] - 0xc0) < 14 && Math.abs(data[at + 1] - 0x30) < 14 && Math.abs(data[at + 2] - 0x20) < 14;
  }
  return count;
})()`;

/** A report with everything that comparing photos tells, in two folders; every other photo has a picture. */
function reviewed(data: ReportData): ReportData {
  const all = data.points.length;
  const folder = (at: number) => (at < all / 2 ? 'left' : 'right');
  const points = data.points.map((point, at) => ({
    ...point,
    key: point.key.replace('fruits/', `${folder(at)}/`),
    at: [...point.at, Math.sin(at), Math.cos(3 * at)],
    nearby: [at % 7, at % 5] as [number, number],
    neighbours: Array.from({ length: 8 }, (_, rank) => ({
      photo: (at + rank + 1) % all,
      similarity: 0.95 - rank / 100,
    })),
    ...(at % 2 === 0 && { thumbnail: WEBP.toString('base64') }),
  }));
  const [label = '', other = ''] = data.labels.map(({ label }) => label ?? '');
  return {
    ...data,
    points,
    review: {
      compared: all,
      each: 8,
      labelled: 48,
      agree: 42,
      mislabelled: {
        first: [{ photo: 0, label: other, votes: 7, own: 0, of: 8, like: [2, 4], similarity: 0.93 }],
        total: 1,
      },
      copies: { first: [{ photos: [2, all - 2], of: 2 }], total: 1 },
      byPixels: { photos: all, same: 1 },
      nearDuplicates: {
        first: [
          { photos: [6, 10], similarity: 0.9023, same: true },
          { photos: [4, 6], similarity: 0.9871 },
        ],
        total: 40,
      },
      outliers: { first: [{ photo: 8, near: 0.41, usualNear: 0.83, own: 0.3, usualOwn: 0.8 }], total: 1 },
      confusions: { first: [{ labels: [label, other], share: 0.325, photos: 5 }], total: 1 },
    },
    refusedPhotos: [{ key: `broken${HOSTILE}.jpg`, reason: 'corrupt', detail: `premature end ${HOSTILE}` }],
    pictures: { made: all / 2, wanted: all, gone: 0, ended: 'bytes' },
  };
}

function hostile(data: ReportData): ReportData {
  return {
    ...data,
    labels: data.labels.map(({ label, count }) => ({ label: `${label} ${HOSTILE}`, count })),
    points: data.points.map((point) => ({
      ...point,
      key: `${point.key}${HOSTILE}`,
      label: `${point.label} ${HOSTILE}`,
    })),
  };
}
