/** Stands in for node:test in a bundled test file: what it would run is registered with the runner, and run there as often as asked. */
const { registry } = globalThis;

export const test = (title, ...rest) => registry.test(title, ...rest);
export const describe = (title, ...rest) => registry.describe(title, ...rest);
export const beforeEach = (hook) => registry.hook('beforeEach', hook);
export const after = (hook) => registry.hook('after', hook);
