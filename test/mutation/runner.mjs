/**
 * A test runner for Stryker that stays in one process: for each change, the bundled test files are loaded afresh with that change
 * alone in them, and the tests that run its line are run, the likeliest to notice first. What is slow to load (sharp,
 * onnxruntime) is loaded once, and code runs as fast as without Stryker: its switches are replaced by what they would say, and
 * its counters by numbers in an array.
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
const RUNS = new Float64Array(2 ** 16);
globalThis.runs = RUNS;
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

  /** Each test alone, after loading its file: for how long, and which changes' places it runs how often. */
  async dryRun() {
    stryker.activeMutant = undefined;
    const tests = [];
    let leftOut = '';
    for (const file of this.#files) {
      RUNS.fill(0);
      const { tests: registered } = await this.#load(file);
      tests.push({ id: loading(file), file, status: SUCCESS, timeSpentMs: 0, runs: runsSince() });
      for (const [title, { skip }] of registered) {
        const test = { id: `${file}: ${title}`, file, title, status: SKIPPED, timeSpentMs: 0 };
        tests.push(test);
        if (skip) continue;
        const loaded = await this.#load(file);
        RUNS.fill(0);
        const start = processorTime();
        let failure = await inTime(loaded.run(title), Number.POSITIVE_INFINITY);
        Object.assign(test, { timeSpentMs: processorTime() - start, runs: runsSince() });
        await loaded.end();
        if (test.timeSpentMs > ENOUGH) failure ??= `takes ${Math.round(test.timeSpentMs)} ms`;
        if (failure === undefined) test.status = SUCCESS;
        else leftOut += `${test.id}: ${failure}\n`;
      }
    }
    const facts = tests.filter(({ status }) => status === SUCCESS);
    writeFileSync(FACTS, JSON.stringify(facts));
    writeFileSync(LEFT_OUT, leftOut);
    return {
      status: 'complete',
      tests: tests.map(({ runs, ...test }) => ({ ...test, name: test.id })),
      mutantCoverage: { static: {}, perTest: Object.fromEntries(facts.map(({ id, runs }) => [id, runs])) },
    };
  }

  async mutantRun({ activeMutant: { id: mutant, fileName }, testFilter }) {
    stryker.activeMutant = mutant;
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

  /** A test file's own instance of all its code, with one change; or with none, counting what it runs. */
  async #load(file, mutant) {
    const count = (_, ids) => `(${ids.replaceAll(/"(\d+)"/g, '$runs[$1]++')})`;
    const code = readFileSync(file, 'utf8')
      .replace(/\bstryCov_9fa48\d*\(((?:"\d+"(?:, )?)+)\)/g, mutant === undefined ? count : '0')
      .replace(/\bstryMutAct_9fa48\d*\("(\d+)"\)/g, (call, id) => (id === mutant ? call : 'false'));
    const path = resolve(file.replace(/\.mjs$/, `.${process.pid}-${this.#loads++}.mjs`));
    writeFileSync(path, `const $runs = globalThis.runs; ${code}`);
    try {
      await import(pathToFileURL(path).href);
    } finally {
      rmSync(path);
    }
    return globalThis.registry;
  }
}

/** By change, how often its place was run. */
const runsSince = () => Object.fromEntries([...RUNS.entries()].filter(([, runs]) => runs > 0));
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
