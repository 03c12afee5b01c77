/** The parts used here of three packages that come without types. */

declare module '@20minutes/s3rver' {
  import type { Server } from 'node:http';

  /** A Koa application; `store` does the keeping, `context.store` is what its controllers use. */
  class S3rver {
    constructor(options: { silent: boolean; vhostBuckets: boolean; allowMismatchedSignatures: boolean });
    store: unknown;
    context: { store: unknown };
    logger: { silent: boolean };
    middleware: ((context: S3Context, next: () => Promise<void>) => Promise<void>)[];
    on(event: 'error', listener: (error: Error & { status?: number; code?: string }) => void): this;
    callback(): (
      request: import('node:http').IncomingMessage,
      response: import('node:http').ServerResponse,
    ) => void;
  }

  interface S3Context {
    method: string;
    /** Still encoded. */
    path: string;
    query: Record<string, string | undefined>;
    headers: Record<string, string | undefined>;
    /** What the controllers read the body from. */
    req: NodeJS.ReadableStream;
    store: unknown;
    body: unknown;
  }

  export type { S3Context, Server };
  export default S3rver;
}

declare module '@20minutes/s3rver/lib/models/error.js' {
  export default class S3Error extends Error {
    constructor(code: string, message: string, detail?: Record<string, unknown>);
  }
}

declare module '@20minutes/s3rver/lib/models/config.js' {
  export function getConfigModel(type: string): new (xml: string) => unknown;
}

declare module 'dynalite' {
  import type { Server } from 'node:http';

  export default function dynalite(options: { path?: string; createTableMs?: number }): Server;
}

declare module 'serverless-offline/lambda' {
  interface LambdaFunction {
    setEvent(event: unknown): void;
    runHandler(): Promise<unknown>;
  }

  /** What serverless-offline asks for a function when a schedule is due. */
  export default class Lambda {
    constructor(serverless: unknown, options: Record<string, unknown>);
    get(functionKey: string): LambdaFunction;
  }
}
