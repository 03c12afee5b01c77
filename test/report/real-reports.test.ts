/** The reports of real photos as a person uses them: at a desk, on a phone, in the dark, on paper. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { frameMap, type PhotoMap, readMap, toPixels } from '../../functions/report/client/photo-map.ts';
import { NEEDS_CHROMIUM } from '../chromium.ts';
import { payloadOf } from './report-fixture.ts';
import { createViewer, eventually } from './report-view.ts';

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const REPORTS = [
  { name: 'studio', photos: 6000, labels: 30, folder: 'fruits-360/sample', hasFolders: false },
  { name: 'shop', photos: 1142, labels: 28, folder: 'grocery-photos/train', hasFolders: true },
];

for (const { name, photos, labels, folder, hasFolders } of REPORTS) {
  const file = join(import.meta.dirname, `../../build/reports/${name}/report.html`);
  const make = `npm start -- --photos ../shared/${folder} --out build/reports/${name}`;
  const skip = NEEDS_CHROMIUM.skip || (existsSync(file) ? false : `needs a report of real photos: ${make}`);

  describe(`the report of ${photos} ${name} photos, in Chromium`, { skip }, () => {
    const { viewFile, open, close } = createViewer();
    before(open);
    after(close);

    test('at a desk its lists, panel, map, selection and ends of components answer, with pictures', async () => {
      assert.ok(statSync(file).size < 6e6);
      const options = { ...DESK, permissions: ['clipboard-read', 'clipboard-write'] };
      await viewFile(file, options, async (page, source) => {
        const { map, box, at, alone } = await mapOf(page, source);
        assert.ok(map.photos.length >= photos);
        assert.equal(map.labels.length, labels);
        const [x, y] = [box.x + at(alone)[0], box.y + at(alone)[1]];

        // Pictures: pointed at, pressed.
        await page.mouse.move(x, y);
        const tip = page.locator('#map .tip');
        assert.equal(await tip.locator('.key').textContent(), map.photos[alone]);
        assert.equal(await tip.locator('b').textContent(), map.labels[map.label[alone]!]);
        assert.ok(await isDrawn(page, '#map .tip img'));
        await page.mouse.click(x, y);
        const panel = page.locator('#panel');
        assert.equal(await panel.locator('.key').first().textContent(), map.photos[alone]);
        assert.equal(await panel.locator('.alike li').count(), 8);
        assert.match((await panel.locator('.alike li').first().textContent()) ?? '', /0\.\d{3}$/);
        await page.keyboard.press('Escape');
        assert.ok(await panel.isHidden());

        // Photos to look at: every entry is drawn, and opens its panel by keyboard.
        const [entries, drawn] = await page.evaluate<[number, number]>(PICTURES_OF_LISTS);
        assert.ok(entries >= 12 && drawn === entries, `${drawn} of ${entries} pictures`);
        const entry = page.locator('#look [data-photo]').first();
        await entry.focus();
        await page.keyboard.press('Enter');
        assert.equal(await panel.locator('.key').first().textContent(), await entry.getAttribute('title'));
        await page.keyboard.press('Escape');

        // The map: enlarged about the pointer, dragged, shown whole again.
        await toMap(page);
        const whole = await picture(page);
        await page.mouse.move(x, y);
        for (let turn = 0; turn < 6; turn++) await page.mouse.wheel(0, -120);
        await eventually(async () => assert.notEqual(await picture(page), whole));
        // What was under the pointer still is, once the wheel's last turn has been answered.
        await eventually(async () => {
          await page.mouse.move(1, 1);
          await page.mouse.move(x, y);
          assert.deepEqual(await tip.locator('.key').allTextContents(), [map.photos[alone]]);
        });
        await page.mouse.down();
        await page.mouse.move(x + 60, y + 30, { steps: 4 });
        await page.mouse.up();
        assert.ok(await panel.isHidden());
        assert.equal(await page.locator('#labels tr.held').count(), 0);
        await page.getByRole('button', { name: 'Show the whole map' }).click();
        await page.mouse.move(1, 1);
        await eventually(async () => assert.equal(await picture(page), whole));

        // A box holds what lies in it, and its keys are copied.
        const held = map.photos.filter((_, photo) => {
          const [right, down] = at(photo);
          return (
            right >= box.width * 0.4 &&
            right <= box.width * 0.5 &&
            down >= box.height * 0.4 &&
            down <= box.height * 0.5
          );
        });
        await page.getByRole('button', { name: 'Box' }).click();
        await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.4);
        await page.mouse.down();
        await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.5, { steps: 4 });
        await page.mouse.up();
        await page.getByRole('button', { name: 'Copy their keys' }).click();
        await page.getByRole('button', { name: 'Copied' }).waitFor();
        const copied = await page.evaluate<string>('navigator.clipboard.readText()');
        assert.deepEqual(copied.split('\n').sort(), held.toSorted());
        await page.keyboard.press('Escape');
        assert.ok(await page.locator('#selection').isHidden());

        // So does a lasso round the same place.
        await page.getByRole('button', { name: 'Lasso' }).click();
        const corner = (right: number, down: number) =>
          page.mouse.move(box.x + box.width * right, box.y + box.height * down, { steps: 4 });
        await corner(0.4, 0.4);
        await page.mouse.down();
        for (const [right, down] of [
          [0.5, 0.4],
          [0.5, 0.5],
          [0.4, 0.5],
          [0.4, 0.4],
        ] as const)
          await corner(right, down);
        await page.mouse.up();
        await page.getByRole('button', { name: 'Copy their keys' }).click();
        await page.getByRole('button', { name: 'Copied' }).waitFor();
        const roped = await page.evaluate<string>('navigator.clipboard.readText()');
        assert.deepEqual(roped.split('\n').sort(), held.toSorted());
        await page.keyboard.press('Escape');

        // Where labels lie in folders, those can colour the points.
        const colours = page.getByRole('combobox', { name: 'Coloured by' });
        assert.equal(await colours.count(), hasFolders ? 1 : 0);
        if (hasFolders) {
          const byLabel = await picture(page);
          await colours.selectOption('folder');
          await eventually(async () => assert.notEqual(await picture(page), byLabel));
          await colours.selectOption('label');
        }

        // Axes, arrangement, colours, a label; the ends of a component.
        await page.getByRole('combobox', { name: 'Up' }).selectOption('2');
        await eventually(async () => assert.notEqual(await picture(page), whole));
        await page.getByRole('combobox', { name: 'Arranged by' }).selectOption('nearby');
        assert.ok(await page.getByRole('combobox', { name: 'Up' }).isHidden());
        await page.getByRole('searchbox', { name: 'Find a label' }).fill(map.labels[1]!.slice(0, 4));
        const found = map.labels.filter((label) =>
          label?.toLowerCase().includes(map.labels[1]!.slice(0, 4).toLowerCase()),
        );
        assert.equal(await page.locator('#labels tr:visible').count(), found.length);
        await page.keyboard.press('Escape');
        assert.equal(await page.locator('#ends li').count(), 12);
        await page.getByRole('combobox', { name: 'Photos at the two ends of' }).selectOption('2');
        assert.ok(await isDrawn(page, '#ends img'));
      });
    });

    test('on a phone nothing sticks out, a tap opens the panel from below, and two fingers enlarge the map', async () => {
      await viewFile(file, PHONE, async (page, source) => {
        const { map, box, at, alone } = await mapOf(page, source);
        const wide = () => page.evaluate<number>('document.documentElement.scrollWidth');
        assert.equal(await wide(), 390);
        // Words of tables are not cut in the middle: a label's or a heading's longest word has room.
        assert.deepEqual(await page.evaluate(NARROW_CELLS), []);
        await page.touchscreen.tap(box.x + at(alone)[0], box.y + at(alone)[1]);
        const panel = page.locator('#panel');
        assert.equal(await panel.locator('.key').first().textContent(), map.photos[alone]);
        const place = await panel.boundingBox();
        assert.ok(place && place.x === 0 && place.width === 390 && place.height < 844 * 0.63);
        assert.equal(await wide(), 390);
        await panel.locator('.close').tap();
        assert.ok(await panel.isHidden());

        const client = await page.context().newCDPSession(page);
        const [middle, height] = [box.x + box.width / 2, box.y + box.height / 2];
        const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart?: number) =>
          client.send('Input.dispatchTouchEvent', {
            type,
            touchPoints:
              apart === undefined
                ? []
                : [-apart, apart].map((right, id) => ({ x: middle + right, y: height, id })),
          });
        const before = await picture(page);
        await touch('touchStart', 20);
        for (const apart of [40, 60, 80]) await touch('touchMove', apart);
        await touch('touchEnd');
        await eventually(async () => assert.notEqual(await picture(page), before));
        await page.getByRole('button', { name: 'Show the whole map' }).tap();

        await page.locator('#look [data-photo]').first().tap();
        assert.equal(await panel.locator('.alike li').count(), 8);
        await panel.locator('.alike button').nth(1).tap();
        assert.ok(await isDrawn(page, '#panel img'));
        assert.equal(await wide(), 390);
      });
    });

    test('in the dark ground, points and charts are for the dark', async () => {
      await viewFile(file, { ...DESK, colorScheme: 'dark' }, async (page, source) => {
        await mapOf(page, source);
        const ground = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
        assert.equal(ground, 'rgb(20, 23, 20)');
        // Points in colours that stand out from it: channels far apart, one of them bright.
        assert.ok((await page.evaluate<number>(BRIGHT_OF_MAP)) > 2000);
        await page.locator('#look [data-photo]').first().click();
        assert.equal(await page.locator('#panel .alike li').count(), 8);
      });
    });

    test('on paper lists have their pictures, every label is named, controls are gone, and it is few pages', async () => {
      await viewFile(file, DESK, async (page) => {
        const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true });
        const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
        assert.ok(pages >= 3 && pages <= 12, `${pages} pages`);
        await page.emulateMedia({ media: 'print' });
        await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
        assert.equal(await page.locator('#labels tr:visible').count(), labels);
        assert.ok((await page.locator('#look img:visible').count()) >= 12);
        for (const id of ['tools', 'panel', 'selection'])
          assert.ok(await page.locator(`#${id}`).isHidden(), id);
      });
    });
  });
}

async function toMap(page: Page): Promise<void> {
  await page.evaluate(`document.querySelector('#map').scrollIntoView({ block: 'center' })`);
  // The wheel scrolls on for a moment after the page was scrolled.
  await page.waitForTimeout(400);
}

/** Where the map is, where in it a photo must be, and a photo with a picture that lies far from all others. */
async function mapOf(page: Page, source: string) {
  await toMap(page);
  const box = await page.locator('#map').boundingBox();
  assert.ok(box);
  const payload = payloadOf(source);
  const map = readMap(payload);
  const frame = frameMap(map, box.width);
  const at = (photo: number) => toPixels(frame, map.x[photo]!, map.y[photo]!);
  return { box, map, at, alone: loneliest(map, payload.thumbnails.place, at) };
}

function loneliest(map: PhotoMap, pictured: number[], at: (photo: number) => [number, number]): number {
  const places = map.x.map((_, photo) => at(photo));
  let [best, most] = [-1, 0];
  for (const photo of pictured.filter((place) => place < places.length)) {
    const [x, y] = places[photo]!;
    let least = Number.POSITIVE_INFINITY;
    for (const [other, [right, down]] of places.entries())
      if (other !== photo) least = Math.min(least, Math.hypot(right - x, down - y));
    if (least > most) [best, most] = [photo, least];
  }
  return best;
}

/** The points as they are drawn now. */
function picture(page: Page): Promise<string> {
  return page.evaluate<string>(`document.querySelector('#map canvas').toDataURL()`);
}

function isDrawn(page: Page, selector: string): Promise<boolean> {
  return page.evaluate<boolean>(`document.querySelector('${selector}').decode().then(() => true)`);
}

/** Photos in the lists, and those of them that have a picture. */
const PICTURES_OF_LISTS = `(() => {
  const photos = [...document.querySelectorAll('#look [data-photo]')];
  return [photos.length, photos.filter((photo) => photo.querySelector('img')).length];
})()`;

/** Cells of the lists' tables that are narrower than a word of ten letters. */
const NARROW_CELLS = `[...document.querySelectorAll('.confused tbody th')]
  .filter((cell) => cell.clientWidth < 70)
  .map((cell) => cell.textContent)`;

/** Pixels of the map in a bright colour. */
const BRIGHT_OF_MAP = `(() => {
  const canvas = document.querySelector('#map canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const channels = [data[at], data[at + 1], data[at + 2]];
    count += data[at + 3] > 128 && Math.max(...channels) > 140 && Math.max(...channels) - Math.min(...channels) > 40;
  }
  return count;
})()`;
