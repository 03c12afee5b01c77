/**
 * A test runner for Stryker that stays in one process: for each change, the bundled test files are loaded afresh with that change
 * alone in them, and the tests that run its line are run, the likeliest to notice first. What is slow to load (sharp,
 * onnxruntime) is loaded once, and code runs as fast as without Stryker: its switches are replaced by what they would say.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const FACTS = 'tests.json';
/** Outside of Stryker's copy: it prints nothing of what a runner prints. */
const LEFT_OUT = '../left-out.txt';
const TICK = 100;
/** Milliseconds of processor time of tests after which a change has survived: those that notice it are among the likeliest. */
const ENOUGH = 3_000;
/** A test that runs the changed place so many times as often as without the change never ends. */
const ENDLESS = 10;
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
  #leftOut = '';

  constructor(options) {
    this.#files = options.inProcess.testFiles;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  /** Each test alone, after loading its file: how long it runs, as fast as it will be; and then, what it runs. */
  async dryRun() {
    stryker.activeMutant = undefined;
    stryker.mutantCoverage = { static: {}, perTest: {} };
    const tests = [];
    for (const file of this.#files) {
      const id = loading(file);
      stryker.currentTestId = id;
      const { tests: registered } = await this.#load(file);
      tests.push({ id, file, status: SUCCESS, timeSpentMs: 0 });
      for (const [title, { skip }] of registered) tests.push(await this.#tryOut(file, title, skip));
    }
    stryker.currentTestId = undefined;
    const { perTest } = stryker.mutantCoverage;
    writeFileSync(LEFT_OUT, this.#leftOut);
    const facts = tests.filter(({ status }) => status === SUCCESS);
    writeFileSync(FACTS, JSON.stringify(facts.map((test) => ({ ...test, runs: perTest[test.id] ?? {} }))));
    return {
      status: 'complete',
      tests: tests.map((test) => ({ ...test, name: test.id })),
      mutantCoverage: stryker.mutantCoverage,
    };
  }

  async #tryOut(file, title, skip) {
    const test = { id: `${file}: ${title}`, file, title, status: SKIPPED, timeSpentMs: 0 };
    if (skip) return test;
    let failure;
    for (const mutant of ['none', undefined]) {
      if (failure !== undefined) break;
      stryker.currentTestId = loading(file);
      const loaded = await this.#load(file, mutant);
      stryker.currentTestId = test.id;
      const start = processorTime();
      failure = await inTime(loaded.run(title), Number.POSITIVE_INFINITY);
      if (mutant) test.timeSpentMs = processorTime() - start;
      if (test.timeSpentMs > ENOUGH) failure ??= `takes ${Math.round(test.timeSpentMs)} ms`;
      await loaded.end();
    }
    // A test of time may fail at Stryker's speed.
    if (failure === undefined) test.status = SUCCESS;
    else this.#leftOut += `${test.id}: ${failure}\n`;
    return test;
  }

  async mutantRun({ activeMutant: { id: mutant, fileName }, testFilter }) {
    Object.assign(stryker, { activeMutant: mutant, currentTestId: undefined });
    const facts = JSON.parse(readFileSync(FACTS, 'utf8'));
    const loaded = new Map();
    /** What comes of it, unless the changed place is run again and again. */
    const watched = async (id, limit, action) => {
      const { runs } = facts.find((fact) => fact.id === id);
      Object.assign(stryker, { hitCount: 0, hitLimit: 1000 + ENDLESS * (runs[mutant] ?? 0) });
      const failure = await inTime(action(), limit);
      return stryker.hitCount > stryker.hitLimit ? ENDS_NOT : failure;
    };
    let nrOfTests = 0;
    try {
      for (const { id, file, title, timeSpentMs } of this.#chosen(facts, testFilter, fileName)) {
        nrOfTests++;
        let failure;
        if (!loaded.has(file)) {
          const load = async () => void loaded.set(file, await this.#load(file, mutant));
          failure = await watched(loading(file), 60_000, load);
        }
        failure ??= await watched(id, 15_000 + 20 * timeSpentMs, () => loaded.get(file).run(title));
        if (failure === undefined) continue;
        const key = `${fileName} ${id}`;
        this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
        if (failure === ENDS_NOT) return { status: 'timeout', reason: id };
        return { status: 'killed', killedBy: [id], failureMessage: failure, nrOfTests };
      }
      return { status: 'survived', nrOfTests };
    } finally {
      for (const tests of loaded.values()) await tests.end();
    }
  }

  /** The tests of a filter; where a change is run by loading a file, all of that file. */
  #chosen(facts, filter, changed) {
    const asked = new Set(filter ?? this.#files.map(loading));
    const worth = ({ id, timeSpentMs }) =>
      (1 + 4 * (this.#kills.get(`${changed} ${id}`) ?? 0)) / (20 + timeSpentMs);
    let before = 0;
    return facts
      .filter(({ id, file, title }) => title !== undefined && (asked.has(id) || asked.has(loading(file))))
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
    try {
      await import(pathToFileURL(path).href);
    } finally {
      rmSync(path);
    }
    return globalThis.registry;
  }
}

const processorTime = () => process.cpuUsage().user / 1000;
const ENDS_NOT = 'does not end';
const loading = (file) => `${file}: is loaded`;

/**
 * Why something fails, or that it has not ended after so many milliseconds in which this process had nothing else to do: being
 * stopped does not count. @returns undefined where it succeeds
 */
function inTime(action, limit) {
  let passed = 0;
  let timer;
  const late = new Promise((resolve) => {
    timer = setInterval(() => {
      passed += TICK;
      if (passed > limit) resolve(ENDS_NOT);
    }, TICK);
  });
  const failure = action.then(
    () => undefined,
    (error) => String(error?.message ?? error).slice(0, 300) || 'fails',
  );
  return Promise.race([failure, late]).finally(() => clearInterval(timer));
}

export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: Runner }];
