/** The page of a running stack: served to this machine's own pages only, live, and a way in for photos. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { createPageServer, type PageState } from '../../local/develop/page-server.ts';
import { createTally } from '../../local/develop/tally.ts';
import { createLambdaFront } from '../../local/stack/lambda-front.ts';
import { close, listen } from '../../local/stack/listen.ts';
import { openObjectStore } from '../../local/stack/s3/object-store.ts';
import { createS3Server } from '../../local/stack/s3/server.ts';
import { launchChromium, NEEDS_CHROMIUM } from '../chromium.ts';
import { makeFolder } from './folder.ts';

const HOSTILE = '<img src=x onerror="window.broken=1">';
const entry = (fields: object) => ({ message: 'photo', ...fields });

test('photos are counted by what became of them, the newest first, and their rate over ten seconds', () => {
  let now = 0;
  const { add, read } = createTally(() => now);
  add(entry({ key: 'a.jpg', status: 'featurized' }));
  add(entry({ key: 'b.jpg', status: 'refused', reason: 'corrupt', detail: 'cut short' }));
  add(entry({ key: 'c.jpg', status: 'stale' }));
  now = 9000;
  for (let at = 0; at < 20; at++) add(entry({ key: `${at}.jpg`, status: 'featurized' }));
  const { featurized, refused, rate, last } = read();
  assert.deepEqual({ featurized, refused, rate }, { featurized: 21, refused: { corrupt: 1 }, rate: 2.2 });
  assert.deepEqual([last.length, last[0]?.key], [20, '19.jpg']);
  now = 30_000;
  assert.equal(read().rate, 0);
  add({ message: 'reduce-fitted' });
  assert.equal(read().reducing, 'fitted');
  add({ message: 'reduce' });
  assert.equal(read().reducing, undefined);
});

describe('the page', () => {
  const tally = createTally();
  const reduced: string[] = [];
  const store = openObjectStore(join(makeFolder(), 's3'), ({ bucket, key }) => {
    if (bucket === 'photos') tally.add(entry({ key, status: 'featurized' }));
  });
  for (const bucket of ['photos', 'snapshots']) store.createBucket(bucket);
  const queue = { waiting: 3, running: 1, retrying: 0, failed: 0 };
  const s3 = createS3Server(store, 'eu-west-1');
  const lambda = createLambdaFront({
    functionKey: (name) => (name === 'dev-reduce' ? 'reduce' : undefined),
    invoke: async (_, payload) => {
      reduced.push(payload);
      return { rows: 12 };
    },
    enqueue: () => {},
    queue: () => ({ ...queue, done: 0, refused: 0, failures: [] }) as never,
  });
  const addresses = { s3: '', lambda: '' };
  const state = (): PageState => ({
    ...tally.read(),
    queue,
    ...addresses,
    photos: 'photos',
    snapshots: 'snapshots',
    reduce: 'dev-reduce',
  });
  const server = createPageServer(state);
  let page = '';
  let browser: Browser | undefined;

  before(async () => {
    const origins = new Set<string>();
    const any = { port: 0, what: 'test', variable: 'NONE' };
    addresses.s3 = await listen(s3, any, origins);
    addresses.lambda = await listen(lambda, any, origins);
    page = await listen(server, any, origins);
    if (!NEEDS_CHROMIUM.skip) browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    for (const one of [server, s3, lambda]) await close(one);
  });

  const status = (path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) => {
      request(page + path, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });

  test('foreign origins, names and embedding pages get neither page nor state', async () => {
    for (const path of ['/', '/state']) {
      assert.equal(await status(path, {}), 200);
      assert.equal(await status(path, { origin: page }), 200);
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { host: 'evil.example' },
        { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      ]) {
        assert.equal(await status(path, headers as Record<string, string>), 403, JSON.stringify(headers));
      }
    }
    assert.equal(await status('/elsewhere', {}), 404);
    const { headers } = await fetch(page);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'; script-src 'sha256-.*frame-ancestors 'none'/);
    assert.ok(!policy.includes('unsafe'));
  });

  test(
    'it shows what happens, takes photos, lists snapshots and invokes reduce',
    NEEDS_CHROMIUM,
    async () => {
      const context = await browser!.newContext({ viewport: { width: 390, height: 844 } });
      const complaints: string[] = [];
      const tab = await context.newPage();
      tab.on('console', (message) => complaints.push(message.text()));
      tab.on('pageerror', (error) => complaints.push(error.message));
      await fetch(`${addresses.s3}/snapshots/snapshots/20260101T000000.000Z-aa/report.html`, {
        method: 'PUT',
        body: 'report',
      });
      tally.add(entry({ key: HOSTILE, status: 'refused', reason: 'corrupt', detail: HOSTILE }));
      await tab.goto(page);
      await tab.getByText('corrupt: 1').waitFor();
      assert.equal(await tab.locator('#waiting').textContent(), '4');
      assert.equal(await tab.locator('#snapshots a').textContent(), '20260101T000000.000Z-aa');

      await tab.getByLabel('Label').fill('Kiwi');
      const buffer = Buffer.from('GIF89a');
      await tab
        .getByLabel('Photos', { exact: true })
        .setInputFiles([{ name: 'a b+ü.gif', mimeType: 'image/gif', buffer }]);
      await tab.getByText('1 of 1 uploaded').waitFor();
      const stored = await fetch(`${addresses.s3}/photos/Kiwi/${encodeURIComponent('a b+ü.gif')}`);
      assert.equal(await stored.text(), 'GIF89a');
      await tab.locator('#last li').getByText('Kiwi/a b+ü.gif').waitFor();
      await tab.locator('#last img[src^="blob:"]').waitFor();

      await tab.getByRole('button', { name: 'Reduce now' }).click();
      await tab.getByText('12 photos reduced').waitFor();
      assert.deepEqual(reduced, ['{}']);
      assert.ok((await tab.evaluate<number>('document.documentElement.scrollWidth')) <= 390);
      assert.equal(await tab.evaluate('window.broken'), undefined);
      await context.close();
      assert.deepEqual(complaints, []);
    },
  );
});
