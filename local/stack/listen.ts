/** Servers on this machine's own address, which other machines cannot reach. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LocalError } from './error.ts';
import { guard } from './guard.ts';

/** An IP address, not `localhost`: with it every AWS SDK puts the bucket into the path. */
export const ADDRESS = '127.0.0.1';

export interface PortSetting {
  /** 0: any free one. */
  port: number;
  /** What listens, such as `local S3`. */
  what: string;
  /** Environment variable that chooses the port. */
  variable: string;
}

/**
 * Listens, behind the guard.
 *
 * @param origins of the local stack: the server's own addresses are added
 * @returns the server's address, such as `http://127.0.0.1:4569`
 * @throws LocalError naming the port, and how to choose another, where it is taken
 */
export function listen(
  server: Server,
  { port, what, variable }: PortSetting,
  origins = new Set<string>(),
): Promise<string> {
  guard(server, origins);
  // Node closes idle connections after 5 s; a client that reuses one just then fails with ECONNRESET.
  server.keepAliveTimeout = 120_000;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      const advice = `Stop what listens there (another npm run dev?), or choose another: ${variable}=${port + 1} npm run dev`;
      reject(new LocalError(`Port ${port}, for the ${what}, is taken. ${advice}`));
    });
    server.listen(port, ADDRESS, () => {
      const { port } = server.address() as AddressInfo;
      for (const name of [ADDRESS, 'localhost']) origins.add(`http://${name}:${port}`);
      resolve(`http://${ADDRESS}:${port}`);
    });
  });
}

/** Stops listening and hangs up. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
