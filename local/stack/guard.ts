/**
 * Only this machine's programs may use the local stack. A browser runs anybody's pages, and their requests reach
 * every port of this machine. It says whose page asks (`Origin`, `Sec-Fetch-Site`) and by which name (`Host`), for an
 * attacker's DNS can point a name at 127.0.0.1.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/**
 * Puts the guard in front of a server's own listeners.
 *
 * @param origins such as `http://127.0.0.1:4569`: pages from there may ask, by CORS
 */
export function guard(server: Server, origins: ReadonlySet<string>): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const reason = whyRefused(request, origins);
    if (reason !== undefined) return refuse(request, response, reason);
    if (request.headers.origin !== undefined && allow(request, response)) return;
    for (const listener of listeners) listener(request, response);
  });
}

/** An address or a name that no DNS gives to another machine. */
const LOOPBACK = /^(127(\.\d{1,3}){3}|\[::1\]|([\w-]+\.)*localhost)(:\d+)?$/i;

function whyRefused({ headers }: IncomingMessage, origins: ReadonlySet<string>): string | undefined {
  const { host = '', origin, 'sec-fetch-site': site = 'none', 'sec-fetch-mode': mode } = headers;
  if (!LOOPBACK.test(host)) return `Host ${host} is not this machine`;
  if (origin !== undefined) return origins.has(origin) ? undefined : `Origin ${origin} is not its own`;
  const isEmbedded = site !== 'none' && site !== 'same-origin' && mode !== 'navigate';
  return isEmbedded ? 'a page of another origin asks' : undefined;
}

function refuse(request: IncomingMessage, response: ServerResponse, reason: string): void {
  response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`the local stack answers programs of this machine only: ${reason}\n`);
  request.resume();
}

/** Tells a browser that it may read the answer. @returns whether it asked for nothing else */
function allow({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('access-control-allow-origin', headers.origin ?? '');
  response.setHeader('access-control-expose-headers', '*');
  response.setHeader('vary', 'Origin');
  const asked = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || asked === undefined) return false;
  response.setHeader('access-control-allow-methods', asked);
  response.setHeader('access-control-allow-headers', headers['access-control-request-headers'] ?? '*');
  response.writeHead(204).end();
  return true;
}
