/** Where the time of a cold start goes. */
import { spawnSync } from 'node:child_process';
import type { Lambda } from './lambda.ts';

const STARTS = 3;
const WARM = 20;

/** Medians in milliseconds, by what took them. */
export type Medians = Record<string, number>;

/**
 * Starts a function several times and takes the medians: `node` and AWS's client, each native library, the rest of
 * the bundle, together `init`, with its processor time, which a busy machine changes least; and with an event, the
 * `model` (part of it loads beside the others), the `first` invocation, and later, `warm` ones.
 */
export async function measureStarts(start: () => Promise<Lambda>, event?: unknown): Promise<Medians> {
  const starts: Medians[] = [];
  for (let round = 0; round < STARTS; round++) {
    const lambda = await start();
    try {
      await lambda.ready;
      const invocations: number[] = [];
      for (let count = 0; event && count <= WARM; count++) {
        const began = performance.now();
        await lambda.invoke(event);
        invocations.push(performance.now() - began);
      }
      starts.push(describe(lambda, invocations));
    } finally {
      await lambda.stop();
    }
  }
  const names = Object.keys(starts[0]!);
  return Object.fromEntries(names.map((name) => [name, median(starts.map((each) => each[name]!))]));
}

/** The command that runs Node on one core, where the system can. */
export function onOneCore(node: string): string[] {
  const taskset = ['taskset', '--cpu-list', '0'];
  return spawnSync(taskset[0]!, ['--version']).status === 0 ? [...taskset, node] : [node];
}

/** One line for people. */
export function formatTimes(times: Medians): string {
  return Object.entries(times)
    .map(
      ([name, milliseconds]) =>
        `${name} ${milliseconds < 20 ? milliseconds.toFixed(1) : Math.round(milliseconds)}`,
    )
    .join(', ')
    .concat(' ms');
}

function describe(lambda: Lambda, [first, ...warm]: number[]): Medians {
  const { client, handler, ready, cpu, model, ...libraries } = lambda.times();
  const took = ([start, end]: [number, number] = [0, 0]) => end - start;
  const loads = Object.fromEntries(Object.entries(libraries).map(([name, span]) => [name, took(span)]));
  const inLibraries = Object.values(loads).reduce((sum, each) => sum + each, 0);
  return {
    node: client![0],
    client: took(client),
    ...loads,
    bundle: took(handler) - inLibraries,
    init: ready![1],
    'of processor time': cpu![1],
    ...(model && { model: took(model) }),
    ...(first !== undefined && { first, warm: median(warm) }),
  };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
