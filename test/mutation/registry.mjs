/**
 * Stands in for node:test in a bundled test file: each loading of the file registers its tests here, and the runner runs
 * them as often as it likes.
 */
const tests = new Map();
const groups = [];
const afterAll = [];
const beforeAll = { hooks: [] };

export function test(title, ...rest) {
  const { skip } = rest.length > 1 ? rest[0] : {};
  let id = [...groups.map((group) => group.title), title].join(' > ');
  while (tests.has(id)) id += "'";
  tests.set(id, { run: rest.at(-1), groups: [...groups], skip: skip || groups.some((group) => group.skip) });
}

export function describe(title, ...rest) {
  const { skip } = rest.length > 1 ? rest[0] : {};
  groups.push({ title, skip, hooks: [] });
  if (!skip) rest.at(-1)();
  groups.pop();
}

export const beforeEach = (hook) => (groups.at(-1) ?? beforeAll).hooks.push(hook);
export const after = (hook) => afterAll.push(hook);

globalThis.registry = {
  tests,
  /** @throws what the test throws */
  async run(title) {
    const { run, groups } = tests.get(title);
    for (const { hooks } of [beforeAll, ...groups]) for (const hook of hooks) await hook();
    await run({ diagnostic() {} });
  },
  async end() {
    for (const hook of afterAll) await hook();
  },
};
