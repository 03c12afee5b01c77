/** `npm run simulate`: worlds full of faults, one after the other, until one breaks a promise or all deliveries are made. */
import { parseArgs } from 'node:util';
import { FAULTS, type FaultKind } from './faults.ts';
import { shrink } from './shrink.ts';
import { type SimulationResult, simulate } from './simulate.ts';
import { tell } from './story.ts';

const USAGE = `npm run simulate -- [--deliveries N] [--seed N] [--world unversioned|versioned]

Simulates people, S3, DynamoDB and Lambda around the real functions, with faults, and checks what Verger promises.

  --deliveries N   attempts of functions, in all worlds together; default 100000
  --seed N         of the first world; each that follows has the next. Default 1
  --world KIND     whether the photo bucket keeps versions; default: by turns
`;

const WORLDS = ['unversioned', 'versioned'] as const;

const options = readOptions();
if (options) {
  const start = performance.now();
  let told = start;
  const result = await simulate({
    ...options,
    onWorld: (deliveries) => {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      console.error(`${deliveries} deliveries`);
    },
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(summarize(result, seconds));
  if (result.failure) {
    console.log(tell(result.failure.plan, await shrink(result.failure.plan)));
    process.exitCode = 1;
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        deliveries: { type: 'string', default: '100000' },
        seed: { type: 'string', default: '1' },
        world: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return undefined;
    }
    const worlds = WORLDS.filter((world) => values.world === undefined || world === values.world);
    if (worlds.length === 0) throw new Error(`--world is ${values.world}; allowed: ${WORLDS.join(', ')}`);
    return { deliveries: whole('deliveries', values.deliveries), seed: whole('seed', values.seed), worlds };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exitCode = 1;
    return undefined;
  }
}

function whole(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new Error(`--${name} is ${value}; allowed: a whole number above 0`);
  }
  return number;
}

function summarize(
  { worlds, deliveries, operations, faults, failure }: SimulationResult,
  seconds: number,
): string {
  const column = (counts: Iterable<[string, number]>) =>
    [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) => `${String(count).padStart(9)} ${name}`);
  const kinds = Object.keys(FAULTS) as FaultKind[];
  return [
    `${deliveries} deliveries in ${worlds} worlds, ${seconds.toFixed(1)} s`,
    '\nWhat people did:',
    ...column(operations),
    '\nFaults:',
    ...column(kinds.map((kind) => [kind, faults.get(kind) ?? 0])),
    failure ? '' : '\nNo promise was broken.',
  ].join('\n');
}
