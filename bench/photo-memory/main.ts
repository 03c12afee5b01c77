/**
 * The worst photos that the limits let in: `npm run bench -- photo-memory`.
 *
 * Every kind is tried in three shapes with a twentieth of the pixels it may have. The kinds and shapes that look worst are then
 * tried in full, each in a process of its own: seconds of one core for decoding and inference, and the most memory, with
 * Node, the model and the photo's bytes in it. The first by memory is read eight times, as reduce reads photos for its report.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureModel } from '../../model/ensure-model.ts';
import { deployedMalloc } from '../deployed-malloc.ts';
import { KINDS, type Kind, type Size } from './costly-photos.ts';

const PIXELS = 65_000_000;
const TRIED = 0.05;
/** Of the worst by time, and of the worst by memory. */
const IN_FULL = 6;
const LIMITS = { seconds: 20, megabytes: 1200 };
const SHAPES: Record<string, number> = { '4:3': 4 / 3, wide: Number.POSITIVE_INFINITY, tall: 0 };

interface Trial {
  kind: Kind;
  shape: string;
  size: Size;
  megabytesStored: number;
  seconds: number;
  megabytes: number;
  refused?: string;
}

/** Prints the worst, worst first. */
export async function run(): Promise<void> {
  const { path: model } = await ensureModel();
  const folder = mkdtempSync(join(tmpdir(), 'photo-memory-'));
  try {
    const trials: Trial[] = [];
    for (const kind of KINDS) {
      for (const shape of Object.keys(SHAPES)) trials.push(await tryPhoto(kind, shape, TRIED, folder, model));
    }
    const nothing = Math.min(...trials.map(({ megabytes }) => megabytes));
    console.log(
      `${trials.length} kinds and shapes tried with ${TRIED * PIXELS} pixels, from ${round(nothing)} MB on`,
    );

    const worst = new Set([...most(trials, 'seconds'), ...most(trials, 'megabytes')]);
    const inFull: Trial[] = [];
    for (const { kind, shape } of worst) inFull.push(await tryPhoto(kind, shape, 1, folder, model));
    inFull.sort((a, b) => b.megabytes - a.megabytes);
    console.table(inFull.map(describe));
    const [largest] = most(inFull, 'megabytes');
    if (largest)
      console.log(`eight for a report, ${largest.kind.name}: ${await readForReport(largest, folder)} MB`);
    for (const measure of ['seconds', 'megabytes'] as const) {
      const [first] = most(inFull, measure);
      if (!first) continue;
      const isWithin = first[measure] < LIMITS[measure];
      if (!isWithin) process.exitCode = 1;
      console.log(
        `the worst by ${measure}: ${round(first[measure])} (limit ${LIMITS[measure]}): ` +
          `${first.kind.name}, ${first.size.width} × ${first.size.height}${isWithin ? '' : ': OVER THE LIMIT'}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function tryPhoto(
  kind: Kind,
  shape: string,
  share: number,
  folder: string,
  model: string,
): Promise<Trial> {
  const size = sizeOf(kind, SHAPES[shape]!, share);
  const bytes = await kind.write(size, PIXELS);
  const file = join(folder, 'photo');
  writeFileSync(file, bytes);
  const taken = runOnce('featurize', 'photo-once.ts', file, model) as Pick<Trial, 'seconds' | 'megabytes'>;
  return { kind, shape, size, megabytesStored: bytes.length / 1e6, ...taken };
}

/** @returns megabytes of a process that has nothing else in it */
async function readForReport({ kind, size }: Trial, folder: string): Promise<number> {
  const file = join(folder, 'photo');
  writeFileSync(file, await kind.write(size, PIXELS));
  return round((runOnce('reduce', 'report-once.ts', file) as Pick<Trial, 'megabytes'>).megabytes);
}

/** What a program of this folder prints, run with a function's malloc. */
function runOnce(name: 'featurize' | 'reduce', program: string, ...parameters: string[]): unknown {
  const env = { ...process.env, ...deployedMalloc(name) };
  const once = join(import.meta.dirname, program);
  const child = spawnSync(process.execPath, ['--import', 'tsx', once, ...parameters], {
    encoding: 'utf8',
    env,
  });
  if (child.status !== 0) throw new Error(`${program} ${parameters[0]}: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

/** As many pixels as the share allows, as long or as high as a side may be where the aspect asks for it. */
function sizeOf({ share = 1, maxSide = 32_767 }: Kind, aspect: number, of: number): Size {
  const pixels = Math.floor(PIXELS * share * of);
  const least = Math.ceil(pixels / maxSide);
  const height = Math.min(maxSide, Math.max(least, Math.floor(Math.sqrt(pixels / aspect))));
  return { width: Math.min(maxSide, Math.floor(pixels / height)), height };
}

/** The worst of those accepted, each kind in its worst shape. */
function most(trials: readonly Trial[], measure: 'seconds' | 'megabytes'): Trial[] {
  const accepted = trials.filter(({ refused }) => refused === undefined);
  accepted.sort((a, b) => b[measure] - a[measure]);
  const worst = new Map<Kind, Trial>();
  for (const trial of accepted) if (!worst.has(trial.kind)) worst.set(trial.kind, trial);
  return [...worst.values()].slice(0, IN_FULL);
}

function describe({
  kind,
  size,
  megabytesStored,
  seconds,
  megabytes,
  refused,
}: Trial): Record<string, unknown> {
  return {
    kind: kind.name,
    size: `${size.width} × ${size.height}`,
    'MB as stored': round(megabytesStored),
    'seconds of one core': round(seconds),
    'MB of memory': round(megabytes),
    ...(refused !== undefined && { refused }),
  };
}

function round(value: number): number {
  return Number(value.toPrecision(value < 10 ? 2 : 4));
}
