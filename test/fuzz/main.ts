/**
 * `npm run fuzz -- [--images 5000] [--seed 1]`: photos of every format, damaged at random.
 *
 * Fails where one ends the process, is neither accepted nor refused, or takes more time or memory than a photo may.
 * What Pillow calls damaged and Verger accepts is printed for judgement, if Python and Pillow are there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeModel, ensureModel } from '../../model/ensure-model.ts';
import { fuzz, MOST_MEMORY, MOST_SECONDS, type Outcome } from './fuzz.ts';
import { makeOriginals } from './originals.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'build', 'fuzz');

const { values } = parseArgs({
  options: { images: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } },
});
const [images, seed] = [wholeNumber('images'), wholeNumber('seed')];
const model = await ensureModel();
console.log(describeModel(model));
const originals = await makeOriginals();
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });

const outcomes: Outcome[] = [];
await fuzz({
  model: model.path,
  originals,
  seed,
  images,
  onOutcome(outcome) {
    outcomes.push(outcome);
    if (!isFine(outcome)) console.log(describe(outcome));
    if (outcomes.length % 500 === 0) console.log(`${outcomes.length} of ${images}`);
  },
});

printTable();
printJudgements();
const failures = outcomes.filter((outcome) => !isFine(outcome));
console.log(`${images} mutants of ${originals.length} photos, seed ${seed}: ${failures.length} failures`);
if (failures.length > 0) process.exitCode = 1;

function wholeNumber(name: 'images' | 'seed'): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value > 0) return value;
  console.error(`--${name} should be a whole number above 0, is ${values[name]}`);
  process.exit(1);
}

function isFine({ kind }: Outcome): boolean {
  return kind === 'accepted' || kind === 'refused';
}

/** One line, with the mutant saved in a file that it names. */
function describe({ mutant: { index, original, bytes }, kind, said }: Outcome): string {
  const path = join(FOLDER, `${seed}-${index}.${original.extension}`);
  writeFileSync(path, bytes);
  return `${path} (${original.name}) ${kind}: ${said}`;
}

function printTable(): void {
  const rows = new Map<string, Record<string, number>>();
  for (const { mutant, kind, said, seconds } of outcomes) {
    const row = rows.get(mutant.original.name) ?? {};
    const column = kind === 'refused' ? said.slice(0, said.indexOf(':')) : kind;
    row[column] = (row[column] ?? 0) + 1;
    row['most seconds'] = Math.max(row['most seconds'] ?? 0, Number(seconds.toFixed(2)));
    rows.set(mutant.original.name, row);
  }
  console.table(Object.fromEntries(rows));
  const memory = Math.max(...outcomes.map((outcome) => outcome.memory || 0));
  const seconds = Math.max(...outcomes.map((outcome) => outcome.seconds));
  console.log(
    `at most ${seconds.toFixed(1)} s of one core (limit ${MOST_SECONDS}) and ` +
      `${Math.round(memory / 1e6)} MB (limit ${MOST_MEMORY / 1e6}), Node and the model included`,
  );
}

/** Asks Pillow about those that were accepted. */
function printJudgements(): void {
  const accepted = outcomes.filter(({ kind }) => kind === 'accepted');
  const paths = accepted.map((outcome) => describe(outcome).split(' ')[0]!);
  const script = join(import.meta.dirname, 'pillow_verdicts.py');
  const python = process.env.PYTHON ?? 'python3';
  const pillow = spawnSync(python, [script], { input: paths.join('\n'), encoding: 'utf8', maxBuffer: 1e9 });
  if (pillow.status !== 0) {
    console.log(
      `not asked: Pillow (${python}; PYTHON names another one): ${pillow.stderr.trim().split('\n').at(-1)}`,
    );
  } else {
    const verdicts = pillow.stdout.trimEnd().split('\n');
    const doubted = accepted.flatMap((outcome, i) =>
      verdicts[i] ? [`${describe(outcome)}, but Pillow: ${verdicts[i]}`] : [],
    );
    for (const line of doubted) console.log(line);
    console.log(
      `for judgement: ${doubted.length} of ${accepted.length} accepted mutants, which Pillow calls damaged`,
    );
    const kept = new Set(doubted.map((line) => line.split(' ')[0]!));
    for (const path of paths) if (!kept.has(path)) rmSync(path);
  }
}
