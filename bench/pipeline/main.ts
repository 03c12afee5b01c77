/**
 * The whole job as a person starts it, beside the notebooks' own: `npm run bench -- pipeline [--turns N]`.
 *
 * 1,200 photos of ../shared/fruits-360 and the ImageNet model: `npm start`, and PySpark with Keras in a pandas UDF
 * (peers/notebooks_job.py), in turns, each from its first process to its last. A ratio is that of a turn.
 */
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPhotos } from '../../local/run/photos.ts';
import { median } from '../measure.ts';
import { runPeer, runProgram } from '../peers/run-peer.ts';

const ROOT = join(import.meta.dirname, '../..');
const SHARED = join(ROOT, '../shared');
const PHOTOS = join(SHARED, 'fruits-360/sample');
const WEIGHTS = join(SHARED, 'weights/mobilenetv2_1.0_224');
const COUNT = 1200;
const TARGET = 5;

interface Run {
  /** Of the clock. */
  seconds: number;
  said: string;
}

/** Prints a line a run and the ratios. */
export async function run(args: string[]): Promise<void> {
  const { turns } = parseArgs({ args, options: { turns: { type: 'string', default: '2' } } }).values;
  if (!existsSync(PHOTOS) || !existsSync(WEIGHTS)) {
    console.log('pipeline: skipped, as the photos and weights of ../shared are not here');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-pipeline-'));
  try {
    const photos = await takePhotos(join(folder, 'photos'));
    const cores = availableParallelism();
    console.log(`pipeline: ${COUNT} photos, ${cores} cores`);
    const ratios: number[] = [];
    for (let turn = 0; turn < Number(turns); turn++) {
      const verger = await measure('npm start', () => startVerger(photos, join(folder, 'out')));
      const spark = await measure('PySpark and Keras', () =>
        startSpark(photos, cores, join(folder, 'spark')),
      );
      if (spark === undefined || verger === undefined) return;
      ratios.push(spark.seconds / verger.seconds);
    }
    const all = ratios.map((ratio) => ratio.toFixed(1)).join(', ');
    console.log(`npm start is ${median(ratios).toFixed(1)} times as fast (${all}; target ${TARGET})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every fifth photo, in the folder of its label. @returns the folder */
async function takePhotos(to: string): Promise<string> {
  const { photos } = await findPhotos(PHOTOS);
  const every = Math.floor(photos.length / COUNT);
  for (const { path, key } of photos.filter((_, i) => i % every === 0).slice(0, COUNT)) {
    cpSync(path, join(to, key));
  }
  return to;
}

async function startVerger(photos: string, out: string): Promise<string> {
  const args = ['start', '--silent', '--', '--photos', photos, '--out', out];
  const environment = { MODEL: 'imagenet', MODEL_WEIGHTS_DIR: WEIGHTS };
  const { code, output, errors } = await runProgram('npm', args, { folder: out, environment });
  if (code !== 0) throw new Error(`npm start failed: ${errors}${output}`);
  return /^\d+ components explain [\d.]+ %.*$/m.exec(output)?.[0] ?? '';
}

/** @returns undefined where it cannot run here */
async function startSpark(photos: string, cores: number, folder: string): Promise<string | undefined> {
  const answer = await runPeer<Record<string, number>>('notebooks_job.py', [photos, WEIGHTS, cores, folder], {
    threads: cores,
    folder,
  });
  if ('skipped' in answer) {
    console.log(`PySpark and Keras: skipped, ${answer.skipped}`);
    return undefined;
  }
  const { explainedVariance = 0, start, featurize, reduce } = answer;
  return (
    `64 components explain ${(100 * explainedVariance).toFixed(1)} %; ` +
    `start ${start?.toFixed(1)}, featurize ${featurize?.toFixed(1)}, reduce ${reduce?.toFixed(1)}`
  );
}

async function measure(name: string, work: () => Promise<string | undefined>): Promise<Run | undefined> {
  const began = performance.now();
  const said = await work();
  if (said === undefined) return undefined;
  const run = { seconds: (performance.now() - began) / 1000, said };
  console.log(
    `${name.padEnd(18)} ${run.seconds.toFixed(1).padStart(6)} s, load ${loadavg()[0]?.toFixed(1)}; ${said}`,
  );
  return run;
}
