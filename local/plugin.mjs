/**
 * Serverless plugin: the machine-local stack, up before serverless-offline and down before it exits.
 * Plain JavaScript, so that `sls` loads it by itself; the rest is TypeScript and loaded when it is needed.
 */
import { once } from 'node:events';

export default class LocalStack {
  #serverless;
  #stack;

  constructor(serverless) {
    this.#serverless = serverless;
    this.hooks = {
      'before:offline:start': () => this.#runWholeCommand(),
      'before:offline:start:init': () => this.#start(),
      'before:offline:start:end': () => this.#stack?.stop(),
      'offline:start:ready': () => this.#tell(),
      error: () => this.#endWithError(),
    };
  }

  /** `sls offline` by itself ends the process where other plugins cannot know; `sls offline start` lets them end first. */
  #runWholeCommand() {
    return this.#serverless.pluginManager.spawn('offline:start', { terminateLifecycleAfterExecution: true });
  }

  async #start() {
    const { register } = await import('tsx/esm/api');
    register();
    const { startStack } = await import('./stack/start-stack.ts');
    const { VergerError } = await import('../functions/core/errors.ts');
    try {
      // As a child, end with the parent, even if it was killed. The parent has chosen the model, and bundles the
      // functions unless it asks for development.
      if (process.send) {
        if (!process.connected) process.exit(1); // it has ended while the framework was loading
        process.on('disconnect', () => process.exit(1));
        process.prependListener('uncaughtException', ({ message }) => process.send({ crashed: message }));
      } else await this.#chooseModel();
      if (process.env.VERGER_BUNDLING) await once(process, 'message');
      process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM')); // a pipe whose reader has gone
      const isDevelopment = !process.send || process.env.VERGER_DEVELOPMENT === 'true';
      this.#stack = await startStack(this.#serverless, isDevelopment);
    } catch (error) {
      if (!(error instanceof VergerError)) throw error;
      if (!process.send) throw new this.#serverless.classes.Error(error.message, error.code);
      // The framework would wait for the parent, and the parent for it.
      await new Promise(() => process.send({ failed: error.message }, () => process.exit(1)));
    }
  }

  async #chooseModel() {
    const { describeModel, ensureModel } = await import('../model/ensure-model.ts');
    const model = await ensureModel();
    process.env.MODEL_PATH = model.path;
    console.log(describeModel(model));
  }

  /** sls prints the error and waits for what still runs, which are the servers here and in serverless-offline, and the channel to the parent. */
  async #endWithError() {
    await this.#stack?.stop();
    if (this.#stack || process.send) setTimeout(() => process.exit(1), 1000);
  }

  /** To the parent that started this, or else to the person who did. */
  async #tell() {
    const { stop: _, ...description } = this.#stack;
    if (process.send) return process.send(description);
    const { describeUse } = await import('./run/describe-use.ts');
    console.log(describeUse(description));
  }
}
