/**
 * A test runner for Stryker that stays in one process: for each change, the bundled test files are loaded afresh with that change
 * alone in them, and the tests that run its line are run, the likeliest to notice first. What is slow to load (sharp,
 * onnxruntime) is loaded once, and code runs as fast as without Stryker: its switches are replaced by what they would say.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FACTS = 'tests.json';
const TICK = 100;
/** Milliseconds of tests, as they took before, after which a change has survived: those that notice it are among the likeliest. */
const ENOUGH = 10_000;
const [SUCCESS, SKIPPED] = [0, 2];
globalThis.__stryker__ ??= {};
const stryker = globalThis.__stryker__;
// A promise that nobody waits for any more may belong to the change before.
for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, () => {});

class Runner {
  static inject = ['options'];
  #files;
  #kills = new Map();
  #loads = 0;

  constructor(options) {
    this.#files = options.inProcess.testFiles;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Each test alone, after loading its file: what it runs, and for how long. */
  async dryRun() {
    stryker.activeMutant = undefined;
    stryker.mutantCoverage = { static: {}, perTest: {} };
    const tests = [];
    for (const file of this.#files) {
      stryker.currentTestId = loading(file);
      const start = performance.now();
      const titles = [...(await this.#load(file)).tests.keys()];
      tests.push({ id: loading(file), file, status: SUCCESS, timeSpentMs: performance.now() - start });
      for (const id of titles) {
        stryker.currentTestId = loading(file);
        const loaded = await this.#load(file);
        stryker.currentTestId = id;
        const start = performance.now();
        const failure = await loaded.run(id, Number.POSITIVE_INFINITY);
        // A test of time may fail at Stryker's speed.
        if (failure !== undefined) console.log(`left out: ${id}: ${failure}`);
        const status = failure !== undefined || loaded.tests.get(id).skip ? SKIPPED : SUCCESS;
        tests.push({ id, file, status, timeSpentMs: performance.now() - start });
        await loaded.end();
      }
    }
    stryker.currentTestId = undefined;
    writeFileSync(FACTS, JSON.stringify(tests.filter(({ status }) => status === SUCCESS)));
    return {
      status: 'complete',
      tests: tests.map((test) => ({ ...test, name: test.id })),
      mutantCoverage: stryker.mutantCoverage,
    };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }) {
    Object.assign(stryker, {
      activeMutant: activeMutant.id,
      hitCount: 0,
      hitLimit,
      currentTestId: undefined,
    });
    const chosen = this.#chosen(testFilter, activeMutant.fileName);
    const loaded = new Map();
    let nrOfTests = 0;
    const killed = (id, failureMessage) => {
      const key = `${activeMutant.fileName} ${id}`;
      this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
      return stryker.hitCount > hitLimit
        ? { status: 'timeout', reason: 'hit limit' }
        : { status: 'killed', killedBy: [id], failureMessage, nrOfTests };
    };
    try {
      for (const { id, file, timeSpentMs } of chosen) {
        nrOfTests++;
        if (!loaded.has(file)) {
          const tests = await this.#load(file, activeMutant.id).catch(message);
          if (typeof tests === 'string') return killed(loading(file), tests);
          loaded.set(file, tests);
        }
        const failure = await loaded.get(file).run(id, 15_000 + 20 * timeSpentMs);
        if (failure === HANGS) return { status: 'timeout', reason: id };
        if (failure !== undefined) return killed(id, failure);
      }
      return { status: 'survived', nrOfTests };
    } finally {
      for (const tests of loaded.values()) await tests.end();
    }
  }

  /** The tests of a filter; where a change is run by loading a file, all of that file. */
  #chosen(filter, changed) {
    const tests = JSON.parse(readFileSync(FACTS, 'utf8')).filter(({ id, file }) => id !== loading(file));
    const asked = new Set(filter ?? this.#files.map(loading));
    const worth = ({ id, timeSpentMs }) =>
      (1 + 4 * (this.#kills.get(`${changed} ${id}`) ?? 0)) / (20 + timeSpentMs);
    let before = 0;
    return tests
      .filter(({ id, file }) => asked.has(id) || asked.has(loading(file)))
      .sort((a, b) => worth(b) - worth(a))
      .filter(({ timeSpentMs }) => {
        before += timeSpentMs;
        return before - timeSpentMs < ENOUGH;
      });
  }

  /** A test file's own instance of all its code, with one change or none. */
  async #load(file, mutant) {
    let code = readFileSync(file, 'utf8');
    if (mutant !== undefined) {
      code = code
        .replace(/\bstryCov_9fa48\d*\((?:"\d+"(?:, )?)+\)/g, '0')
        .replace(/\bstryMutAct_9fa48\d*\("(\d+)"\)/g, (call, id) => (id === mutant ? call : 'false'));
    }
    const path = resolve(file.replace(/\.mjs$/, `.${process.pid}-${this.#loads++}.mjs`));
    writeFileSync(path, code);
    const tests = new Tests(file);
    globalThis.registry = tests;
    try {
      await import(pathToFileURL(path).href);
    } finally {
      rmSync(path);
    }
    return tests;
  }
}

const HANGS = 'hangs';
const loading = (file) => `${file}: is loaded`;
const message = (error) => String(error?.message ?? error).slice(0, 300) || 'fails';

/** What one loading of a test file registered. */
class Tests {
  tests = new Map();
  #file;
  #groups = [];
  #after = [];
  #before = [{ groups: [], hooks: [] }];

  constructor(file) {
    this.#file = file;
  }

  test(title, ...rest) {
    const run = rest.at(-1);
    const { skip } = rest.length > 1 ? rest[0] : {};
    let id = `${this.#file}: ${[...this.#groups.map(({ title }) => title), title].join(' > ')}`;
    while (this.tests.has(id)) id += "'";
    this.tests.set(id, {
      run,
      groups: [...this.#groups],
      skip: skip || this.#groups.some(({ skip }) => skip),
    });
  }

  describe(title, ...rest) {
    const { skip } = rest.length > 1 ? rest[0] : {};
    this.#groups.push({ title, skip, hooks: [] });
    if (!skip) rest.at(-1)();
    this.#groups.pop();
  }

  hook(kind, hook) {
    if (kind === 'after') this.#after.push(hook);
    else (this.#groups.at(-1) ?? this.#before[0]).hooks.push(hook);
  }

  /** @returns why it fails; undefined where it passes, or is skipped */
  async run(id, limit) {
    const { run, groups, skip } = this.tests.get(id);
    if (skip) return undefined;
    const all = async () => {
      for (const { hooks } of [this.#before[0], ...groups]) for (const hook of hooks) await hook();
      await run({ diagnostic() {} });
    };
    return inTime(
      all().then(() => undefined, message),
      limit,
    );
  }

  async end() {
    for (const hook of this.#after) await hook();
  }
}

/** What comes first: the answer, or so many milliseconds in which this process had nothing else to do. Being stopped does not count. */
function inTime(answer, limit) {
  let passed = 0;
  let timer;
  const late = new Promise((resolve) => {
    timer = setInterval(() => {
      passed += TICK;
      if (passed > limit) resolve(HANGS);
    }, TICK);
  });
  return Promise.race([answer, late]).finally(() => clearInterval(timer));
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: Runner }];
