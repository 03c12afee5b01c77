/** The parts used here of two packages that come without types. */

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
    /** Opens its own port. */
    start(): Promise<void>;
  }
}
