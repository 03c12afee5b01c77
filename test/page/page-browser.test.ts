/** The page that `identify` serves, in a browser: a photo chosen or taken, made small, and what comes back said. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, FileChooser, Page } from 'playwright-core';
import sharp from 'sharp';
import { answerIdentify } from '../../functions/adapters/http-identify.ts';
import { Refusal } from '../../functions/core/errors.ts';
import type { Identification } from '../../functions/core/identify/identify.ts';
import { NothingKnown } from '../../functions/core/identify/knowledge.ts';
import { oftenRight, wordsFor } from '../../functions/page/client/words.ts';
import { renderPage } from '../../functions/page/page.ts';
import { bundleClient } from '../../layers/bundle.ts';
import { launchChromium, NEEDS_CHROMIUM } from '../chromium.ts';

const KIWI: Identification = {
  answer: 'Kiwi <b>Gold</b>',
  known: true,
  confidence: 0.71,
  candidates: [
    { label: 'Kiwi <b>Gold</b>', probability: 0.71 },
    { label: 'Avocado', probability: 0.2 },
  ],
  neighbours: [
    { key: 'shop/Kiwi/3.jpg', label: 'Kiwi <b>Gold</b>', similarity: 0.93 },
    { key: 'shop/Kiwi/4.jpg', label: 'Kiwi <b>Gold</b>', similarity: 0.92 },
    { key: 'loose/11.jpg', label: null, similarity: 0.9 },
  ],
  model: 'm@0',
  snapshot: 's',
  milliseconds: {},
};
const ONE_OF: Identification = { ...KIWI, answer: null, confidence: 0.4 };
const UNKNOWN: Identification = { ...KIWI, answer: null, known: false };

test('the browser’s first language of the two is spoken, else English', () => {
  const language = (...languages: string[]) => wordsFor(languages).language;
  assert.deepEqual(
    [language('fr-CA', 'en'), language('de', 'fr'), language('en-GB', 'fr'), language('ja'), language()],
    ['fr', 'fr', 'en', 'en', 'en'],
  );
});

test('a confidence is told as how often such answers are right', () => {
  const { words } = wordsFor(['en']);
  assert.deepEqual(
    [0.02, 0.66, 0.94, 0.97].map((confidence) => oftenRight(words, confidence)),
    [
      'Fewer than 1 in 10 such answers are right.',
      'About 7 in 10 such answers are right.',
      'About 9 in 10 such answers are right.',
      'Nearly all such answers are right.',
    ],
  );
});

describe('the page in Chromium', NEEDS_CHROMIUM, () => {
  let browser: Browser;
  let server: Server;
  let address: string;
  /** What identify answers next, and the photos that it was sent. */
  let answer: () => Identification;
  let photos: Uint8Array[];
  let token = '';
  /** What the browser complained of, and what it asked others for. */
  let complaints: string[];

  before(async () => {
    const page = renderPage(await bundleClient('page'));
    server = createServer(async (request, response) => {
      const body = (await buffer(request)).toString('base64');
      const { pathname: rawPath } = new URL(request.url ?? '/', 'http://local');
      const event = {
        rawPath,
        headers: request.headers,
        body,
        isBase64Encoded: true,
        requestContext: { http: { method: request.method } },
      };
      const {
        statusCode,
        headers,
        body: said,
      } = await answerIdentify(event, {
        async identify(photo) {
          photos.push(photo);
          return answer();
        },
        page,
        tokenHash: token,
        log: { info() {}, warn() {} },
      });
      response.writeHead(statusCode ?? 500, headers as Record<string, string>).end(said);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    browser = await launchChromium('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream');
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  const view = async (
    look: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
    hash = '',
  ) => {
    answer = () => KIWI;
    photos = [];
    complaints = [];
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      page.on('console', (message) => {
        // Chromium tells of every status but 2xx.
        if (!/Failed to load resource/.test(message.text())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('request', (request) => {
        if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url()))
          complaints.push(request.url());
      });
      await page.goto(address + hash);
      await look(page);
    } finally {
      await context.close();
    }
    assert.deepEqual(complaints, []);
  };
  const choose = (page: Page, photo: Buffer, mimeType = 'image/jpeg') =>
    page.locator('#file').setInputFiles({ name: 'photo', mimeType, buffer: photo });
  const heading = (page: Page, text: string) =>
    page.getByRole('heading', { level: 2, name: text, exact: true }).waitFor();
  const status = (page: Page) => page.getByRole('status').textContent();

  test('a photo that is chosen goes upright and small, and is answered in words, with bar and neighbours', async () => {
    await view(async (page) => {
      await choose(page, await phonePhoto());
      await heading(page, 'This is Kiwi <b>Gold</b>.');
      assert.equal(
        await page.locator('#result').innerText(),
        [
          'This is Kiwi <b>Gold</b>.',
          'About 7 in 10 such answers are right.',
          'Most like the photos of Kiwi <b>Gold</b>, 11.jpg',
        ]
          .join('\n\n')
          .replace('right.\n\n', 'right.\n\n'),
      );
      const meter = page.getByRole('meter', { name: 'Confidence: 71 %' });
      assert.equal(await meter.evaluate((bar) => (bar as unknown as { value: number }).value), 0.71);
      assert.equal(await page.evaluate('document.activeElement.id'), 'answer', 'screen readers go on there');

      const [sent] = photos;
      assert.ok(sent);
      const { width, height, format, orientation } = await sharp(sent).metadata();
      assert.deepEqual(
        { width, height, format, orientation },
        { width: 768, height: 1024, format: 'jpeg', orientation: undefined },
      );
      // The photo's red top left corner, as it is held, is at the top left.
      const [r = 0, g = 0] = await sharp(sent)
        .extract({ left: 20, top: 20, width: 1, height: 1 })
        .raw()
        .toBuffer();
      assert.ok(r > 200 && g < 60, `${r} ${g}`);
    });
  });

  test('a photo is taken with the camera, which is off afterwards', async () => {
    await view(
      async (page) => {
        await page.getByRole('button', { name: 'Take a photo' }).click();
        await page.locator('video').waitFor();
        assert.equal(await page.evaluate('document.activeElement.id'), 'shoot');
        await page.keyboard.press('Enter');
        await heading(page, 'This is Kiwi <b>Gold</b>.');
        assert.equal(await page.evaluate('document.querySelector("video").srcObject'), null);
        const { width = 0, height = 0 } = await sharp(photos[0]).metadata();
        assert.ok(width > 300 && Math.max(width, height) <= 1024, `${width} × ${height}`);
        const { channels } = await sharp(photos[0]).stats();
        assert.ok(
          channels.some(({ stdev }) => stdev > 10),
          'the picture is not empty',
        );
      },
      { permissions: ['camera'] },
    );
  });

  test('what is not sure, and what is not known, is said plainly', async () => {
    await view(async (page) => {
      answer = () => ONE_OF;
      await choose(page, await phonePhoto());
      await heading(page, 'It may be one of these.');
      const items = await page
        .getByRole('list', { name: 'How likely each is' })
        .getByRole('listitem')
        .allInnerTexts();
      assert.deepEqual(
        items.map((text) => text.split('\n')),
        [
          ['Kiwi <b>Gold</b>', '71 %'],
          ['Avocado', '20 %'],
        ],
      );
      answer = () => UNKNOWN;
      await choose(page, await phonePhoto());
      await heading(page, 'I have not seen anything like this.');
      assert.equal(await page.getByRole('meter').count(), 0);
      await page.getByText('Most like the photos of').waitFor();
    });
  });

  test('what goes wrong is said where a screen reader listens', async () => {
    await view(async (page) => {
      const cases: [() => Identification, RegExp][] = [
        [throwing(new Refusal('corrupt', 'cut short')), /^This photo is damaged/],
        [throwing(new NothingKnown('no snapshot')), /^There is nothing to compare with yet/],
      ];
      for (const [next, said] of cases) {
        answer = next;
        await choose(page, await phonePhoto());
        await page.getByRole('status').filter({ hasText: said }).waitFor();
        assert.equal(await page.locator('#result').isVisible(), false);
      }
      // No browser reads this, so it goes as it is.
      answer = throwing(new Refusal('unsupported-format', 'text'));
      await choose(page, Buffer.from('no photo'), 'text/plain');
      await page.getByRole('status').filter({ hasText: 'This is not a photo that I can read.' }).waitFor();
      assert.equal(Buffer.from(photos.at(-1) ?? []).toString(), 'no photo');
      await choose(page, Buffer.alloc(4_500_001, 'x'), 'image/heic');
      await page.getByRole('status').filter({ hasText: 'This photo is too large to send' }).waitFor();

      const sent = photos.length;
      await page.context().setOffline(true);
      await choose(page, await phonePhoto());
      await page
        .getByRole('status')
        .filter({ hasText: 'There is no connection. The photo was not sent' })
        .waitFor();
      assert.equal(photos.length, sent);
      await page.context().setOffline(false);
      answer = () => KIWI;
      await choose(page, await phonePhoto());
      await heading(page, 'This is Kiwi <b>Gold</b>.');
      assert.equal(await status(page), '');
    });
  });

  test('a token comes with the address, or is asked for', async () => {
    token = '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'; // of 123456789
    try {
      await view(async (page) => {
        await choose(page, await phonePhoto());
        await page.getByRole('status').filter({ hasText: 'This page needs an access key.' }).waitFor();
        await page.getByLabel('Access key').fill('123456789');
        await page.keyboard.press('Enter');
        await heading(page, 'This is Kiwi <b>Gold</b>.');
        assert.equal(await page.getByLabel('Access key').isVisible(), false);
      });
      await view(
        async (page) => {
          await choose(page, await phonePhoto());
          await heading(page, 'This is Kiwi <b>Gold</b>.');
        },
        {},
        '#token=123456789',
      );
    } finally {
      token = '';
    }
  });

  test('in French, on a phone in the dark, nothing sticks out and all is reached by keyboard', async () => {
    const phone = {
      locale: 'fr-FR',
      viewport: { width: 360, height: 640 },
      isMobile: true,
      colorScheme: 'dark',
    } as const;
    await view(async (page) => {
      assert.equal(await page.evaluate('document.documentElement.lang'), 'fr');
      assert.equal(await page.title(), 'Quel est ce fruit ?');
      assert.equal(
        await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'),
        'rgb(20, 23, 20)',
      );
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Prendre une photo');
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.textContent'), 'Choisir une photo');
      const chooser = await chooserAfterEnter(page);
      answer = () => ({ ...ONE_OF, candidates: [{ label: `Pomme-${'x'.repeat(80)}`, probability: 0.4 }] });
      await chooser.setFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: await phonePhoto() });
      await heading(page, 'C’est peut-être l’un de ceux-ci.');
      assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= 360);
    }, phone);
  });
});

/** Chromium opens no chooser where a busy machine took seconds from the key to the click: then the key is pressed again. */
async function chooserAfterEnter(page: Page): Promise<FileChooser> {
  for (let press = 1; ; press += 1) {
    const chooser = page.waitForEvent('filechooser', { timeout: 5000 });
    try {
      return (await Promise.all([chooser, page.keyboard.press('Enter')]))[0];
    } catch (error) {
      if (press === 5) throw error;
    }
  }
}

function throwing(error: Error): () => Identification {
  return () => {
    throw error;
  };
}

/** 1,600 × 1,200 pixels that a phone held upright has stored lying on their side: shown, 1,200 × 1,600, red at the top left. */
async function phonePhoto(): Promise<Buffer> {
  const red = { create: { width: 300, height: 300, channels: 3, background: '#e01010' } } as const;
  return await sharp({ create: { width: 1600, height: 1200, channels: 3, background: '#30a040' } })
    .composite([{ input: await sharp(red).png().toBuffer(), left: 0, top: 900 }])
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
}
