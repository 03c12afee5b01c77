/**
 * Draws docs/report.webp, the picture of a report in the README: `npx tsx test/report/picture.ts out/report.html`, after
 * `npm start`, which makes that report of the photos in samples/. Needs Chromium.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { launchChromium } from '../chromium.ts';

const [report = 'out/report.html'] = process.argv.slice(2);
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1240, height: 2000 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(resolve(report)).href);
  await page.getByRole('button', { name: 'Enlarge' }).click();
  await page.mouse.move(1, 1);
  await page.waitForTimeout(1000); // until the pictures on the map are decoded
  const lists = page.locator('#look .list:has(img)');
  const shots: Buffer[] = [];
  for (const part of [page.locator('header'), lists.first(), page.locator('#photos .map')]) {
    shots.push(await part.screenshot());
  }
  const parts = await Promise.all(
    shots.map(async (input) => ({ input, ...(await sharp(input).metadata()) })),
  );
  const width = Math.max(...parts.map((part) => part.width));
  let top = 24;
  const placed = parts.map(({ input, height }) => {
    const at = { input, left: 24, top };
    top += height + 28;
    return at;
  });
  const picture = await sharp({
    create: { width: width + 48, height: top, channels: 3, background: '#fcfbf8' },
  })
    .composite(placed)
    .webp({ quality: 80 })
    .toBuffer();
  writeFileSync(join(import.meta.dirname, '../../docs/report.webp'), picture);
  console.log(`docs/report.webp: ${width + 48} × ${top}, ${Math.round(picture.length / 1000)} KB`);
} finally {
  await browser.close();
}
