/** How quick a report is in Chromium, and pictures of it: on a desk, on a phone, in the dark and on paper. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { launchChromium, NEEDS_CHROMIUM } from '../../test/chromium.ts';

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const OPENINGS = 5;

/** @param options the report, and a folder for pictures of it */
export async function run([report = 'out/report.html', folder = 'build/report']: string[]): Promise<void> {
  if (NEEDS_CHROMIUM.skip) throw new InvalidRequest(String(NEEDS_CHROMIUM.skip));
  mkdirSync(folder, { recursive: true });
  const address = pathToFileURL(resolve(report)).href;
  const browser = await launchChromium();
  try {
    console.log(`${report}: ${(statSync(report).size / 1e6).toFixed(2)} MB`);
    await measure(browser, address);
    for (const [name, options] of [
      ['desk', DESK],
      ['phone', PHONE],
      ['dark', { ...DESK, colorScheme: 'dark' }],
    ] as const) {
      await draw(browser, address, options, (part) => join(folder, `${name}-${part}.png`));
    }
    await print(browser, address, join(folder, 'paper.pdf'));
    console.log(`pictures are in ${folder}`);
  } finally {
    await browser.close();
  }
}

async function measure(browser: Browser, address: string): Promise<void> {
  const page = await browser.newPage(DESK);
  const openings: number[] = [];
  for (let time = 0; time < OPENINGS; time++) {
    const start = performance.now();
    await page.goto(address);
    openings.push(performance.now() - start);
  }
  console.log(`opens in ${describe(openings)}`);
  await page.locator('#map').scrollIntoViewIfNeeded();
  await page.waitForTimeout(500);
  console.log(`answers a hover in ${describe(await page.evaluate<number[]>(HOVERS))}`);
  console.log(`enlarges in ${describe(await page.evaluate<number[]>(ZOOMS))}`);
  await page.close();
}

async function draw(
  browser: Browser,
  address: string,
  options: BrowserContextOptions,
  path: (part: string) => string,
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(address);
  await page.screenshot({ path: path('whole'), fullPage: true });
  const isPhone = options.isMobile === true;
  const press = async (x: number, y: number) =>
    isPhone ? page.touchscreen.tap(x, y) : page.mouse.click(x, y);
  const enlarge = async () => {
    for (let time = 0; time < 5; time++) await page.getByRole('button', { name: 'Enlarge' }).click();
    if (!isPhone) await page.mouse.move(1, 1);
    await page.waitForTimeout(800);
    await page.locator('#photos').screenshot({ path: path('enlarged') });
    await page.getByRole('button', { name: 'Show the whole map' }).click();
  };
  await enlarge();
  await page.locator('#look [data-photo]').first().click();
  await page.screenshot({ path: path('panel') });
  await page.keyboard.press('Escape');
  await select(page);
  await page.locator('#photos').screenshot({ path: path('box') });
  await page.keyboard.press('Escape');
  await page.getByRole('combobox', { name: 'Arranged by' }).selectOption('nearby');
  await page.locator('#photos').screenshot({ path: path('neighbours') });
  const box = await page.locator('#map').boundingBox();
  if (box) await press(box.x + box.width / 2, box.y + box.height / 2);
  await context.close();
}

/** Holds a box about the middle of the map. */
async function select(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Box' }).click();
  await page.evaluate(`document.querySelector('#map').scrollIntoView({ block: 'center' })`);
  const box = await page.locator('#map').boundingBox();
  if (!box) return;
  const [x, y] = [box.x + box.width * 0.3, box.y + box.height * 0.3];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + box.width * 0.15, y + box.height * 0.2, { steps: 5 });
  await page.mouse.up();
}

async function print(browser: Browser, address: string, path: string): Promise<void> {
  const page = await browser.newPage(DESK);
  await page.goto(address);
  writeFileSync(path, await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true }));
  await page.close();
}

function describe(times: number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1]?.toFixed(0)} ms, at most ${sorted.at(-1)?.toFixed(0)} ms (${times.length} times)`;
}

/** Milliseconds from the pointer's move until the map is drawn: pixels that are read back wait for that. */
const HOVERS = `(() => {
  const map = document.querySelector('#map');
  const box = map.getBoundingClientRect();
  return Array.from({ length: 40 }, (_, at) => {
    const start = performance.now();
    const place = { clientX: box.left + 60 + at * 15, clientY: box.top + 100 + ((at * 37) % 300) };
    map.dispatchEvent(new PointerEvent('pointermove', { ...place, pointerType: 'mouse', bubbles: true }));
    for (const canvas of map.querySelectorAll('canvas')) canvas.getContext('2d').getImageData(0, 0, 1, 1);
    return performance.now() - start;
  });
})()`;

const ZOOMS = `(async () => {
  const map = document.querySelector('#map');
  const box = map.getBoundingClientRect();
  const times = [];
  for (let at = 0; at < 10; at++) {
    const start = performance.now();
    const place = { clientX: box.left + 300, clientY: box.top + 200, deltaY: -100 };
    map.dispatchEvent(new WheelEvent('wheel', { ...place, bubbles: true, cancelable: true }));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    map.querySelector('canvas').getContext('2d').getImageData(0, 0, 1, 1);
    times.push(performance.now() - start);
  }
  return times;
})()`;
