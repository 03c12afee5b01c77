/** The page of a running stack: what comes in, what becomes of it, and a place to drop photos. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import type { QueueState } from '../stack/async-queue.ts';
import type { Tallied } from './tally.ts';

/** What the page is told each second. */
export interface PageState extends Tallied {
  /** Asynchronous invocations. */
  queue: Pick<QueueState, 'waiting' | 'running' | 'retrying' | 'failed'>;
  /** Addresses of S3 and Lambda, which the page itself asks. */
  s3: string;
  lambda: string;
  photos: string;
  snapshots: string;
  reduce: string;
}

/**
 * Builds the server; it is not listening yet, and is to be put behind the guard. Its page may ask this stack's S3 and
 * Lambda, and nothing else.
 */
export function createPageServer(state: () => PageState): Server {
  const page = readFileSync(join(import.meta.dirname, 'page.html'), 'utf8');
  const hash = (tag: string) => {
    const [, text = ''] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? [];
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  return createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    if (request.method !== 'GET') return void response.writeHead(405).end();
    if (pathname === '/state') {
      response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      return void response.end(JSON.stringify(state()));
    }
    if (pathname !== '/') return void response.writeHead(404).end();
    const { s3, lambda } = state();
    const policy = `default-src 'none'; script-src ${hash('script')}; style-src ${hash('style')}; img-src blob: data:; connect-src 'self' ${s3} ${lambda}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    response.end(page);
  });
}
