/**
 * Serverless plugin: the machine-local stack, up before serverless-offline and down before it exits.
 * Plain JavaScript, so that `sls` loads it by itself; the rest is TypeScript and loaded when it is needed.
 */
export default class LocalStack {
  #serverless;
  #stack;

  constructor(serverless) {
    this.#serverless = serverless;
    this.hooks = {
      'before:offline:start': () => this.#start(),
      'before:offline:start:init': () => this.#start(),
      'before:offline:start:end': () => this.#stack?.stop(),
      'offline:start:ready': () => this.#tell(),
      error: () => this.#endWithError(),
    };
  }

  async #start() {
    // As a child, end with the parent, even if it was killed.
    if (process.send) process.on('disconnect', () => process.exit(1));
    const { register } = await import('tsx/esm/api');
    register();
    const { startStack } = await import('./stack/start-stack.ts');
    try {
      this.#stack = await startStack(this.#serverless);
    } catch (error) {
      if (error.name !== 'LocalError') throw error;
      throw new this.#serverless.classes.Error(error.message, 'LOCAL_STACK');
    }
  }

  /** sls prints the error and waits for what still runs, which are the servers here and in serverless-offline. */
  async #endWithError() {
    if (this.#stack === undefined) return;
    await this.#stack.stop();
    setTimeout(() => process.exit(1), 1000);
  }

  /** To the parent that started this, or else to the person who did. */
  #tell() {
    const { stop: _, ...description } = this.#stack;
    if (process.send) {
      process.send(description);
    } else {
      const { endpoints } = description;
      console.log(
        `\nS3        ${endpoints.s3}\nDynamoDB  ${endpoints.dynamodb}\nLambda    ${endpoints.lambda}\n`,
      );
    }
  }
}
