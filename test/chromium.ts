/** A browser for tests, which are skipped where there is none. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const executablePath = findChromium();

/** Options of a test that needs it. */
export const NEEDS_CHROMIUM = {
  skip: executablePath ? false : 'needs Chromium: install it, or name it in CHROMIUM_PATH',
};

/** Starts it, without a window; it asks nobody for anything by itself. */
export function launchChromium(...switches: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      ...switches,
    ],
  });
}

function findChromium(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = ['/usr/bin', ...(process.env.PATH ?? '').split(delimiter)];
  const places = [
    process.env.CHROMIUM_PATH ?? [],
    folders.flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  return places.flat().find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
