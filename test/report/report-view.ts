/** Opens reports in a browser, one for all tests of a file, and holds that they ask for nothing and complain of nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { renderReport } from '../../functions/report/page/report.ts';
import type { ReportData } from '../../functions/report/shared/report-data.ts';
import { launchChromium } from '../chromium.ts';
import { bundleClient } from './report-fixture.ts';

export const DESKTOP = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };

export function createViewer() {
  const client = bundleClient();
  const folder = mkdtempSync(join(tmpdir(), 'verger-report-'));
  let browser: Browser;
  return {
    async open() {
      browser = await launchChromium();
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
    async view(data: ReportData, options: BrowserContextOptions, look: Look): Promise<void> {
      const file = join(folder, 'report.html');
      writeFileSync(file, renderReport(data, client));
      await viewFile(browser, file, options, look);
    },
    /** A report that lies in a file. */
    viewFile: (file: string, options: BrowserContextOptions, look: Look) =>
      viewFile(browser, file, options, look),
  };
}

type Look = (page: Page, source: string) => Promise<void>;

async function viewFile(
  browser: Browser,
  file: string,
  options: BrowserContextOptions,
  look: Look,
): Promise<void> {
  const context = await browser.newContext(options);
  /** What the browser complained of, and what it asked for beyond the file itself. */
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    const address = pathToFileURL(file).href;
    page.on('console', (message) => {
      // Reading pixels back is the test's doing.
      if (!message.text().includes('willReadFrequently')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== address && !request.url().startsWith('data:')) complaints.push(request.url());
    });
    await page.goto(address);
    await look(page, readFileSync(file, 'utf8'));
  } finally {
    await context.close();
  }
  assert.deepEqual(complaints, []);
}

/** Tries again for 5 seconds: what follows an event of the browser comes a moment later. */
export async function eventually(holds: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await holds();
    } catch (error) {
      if (tries === 50) throw error;
      await setTimeout(100);
    }
  }
}
