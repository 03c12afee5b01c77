/** Photos per second through the whole local path, beside the bare inference session on the same photos. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { bundle } from '../../layers/bundle.ts';
import { awaitQueue } from '../../local/run/await-queue.ts';
import { findPhotos, type LocalPhoto, samplePhotos } from '../../local/run/photos.ts';
import { startStackProcess } from '../../local/run/stack-process.ts';
import { uploadPhotos } from '../../local/run/upload.ts';
import { FREE_PORTS } from '../../local/stack/serverless.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { median, processorMilliseconds } from '../measure.ts';
import { readProcessTimes } from './process-times.ts';

const REAL_PHOTOS = join(import.meta.dirname, '../../../shared/fruits-360/sample');
const STEPS = ['read', 'decode', 'inference', 'store'];
/** Photos that go through the path before the clock starts: workers start, and V8 compiles what runs often. */
const WARM_UP = 500;
const WARM_UP_FOLDER = 'warm-up/';

/** Prints the figures; bare sessions are measured before and after the path, so that a drift shows. */
export async function run(): Promise<void> {
  const { path: model, id } = await ensureModel();
  await bundle();
  const photos = existsSync(REAL_PHOTOS) ? (await findPhotos(REAL_PHOTOS)).photos : await samplePhotos();
  const cores = availableParallelism();
  const kind = existsSync(REAL_PHOTOS) ? 'fruits-360 photos' : 'sample photos';
  console.log(`featurize: ${photos.length} ${kind}, ${cores + 1} workers on ${cores} cores, ${id}`);

  const oneBefore = await timeBareSessions(model, photos, 1);
  const before = await timeBareSessions(model, photos, cores);
  const path = await timeWholePath(model, photos);
  const after = await timeBareSessions(model, photos, cores);
  const oneAfter = await timeBareSessions(model, photos, 1);

  const one = (oneBefore.rate + oneAfter.rate) / 2;
  const all = (before.rate + after.rate) / 2;
  const rows: [string, number][] = [
    ['one bare session, before', oneBefore.rate],
    ['one bare session, after', oneAfter.rate],
    [`${cores} bare sessions, before`, before.rate],
    [`${cores} bare sessions, after`, after.rate],
    ['whole path: upload, event, read, decode, inference, store', path.rate],
  ];
  for (const [what, rate] of rows) console.log(`${what.padEnd(60)} ${rate.toFixed(0).padStart(6)} photos/s`);
  console.log(`whole path : one bare session         ${(100 * (path.rate / one)).toFixed(0)} %`);
  console.log(`whole path : ${cores} bare sessions            ${(100 * (path.rate / all)).toFixed(0)} %`);
  console.log('median milliseconds a photo in a worker:');
  for (const step of STEPS)
    console.log(`  ${step.padEnd(10)} ${median(path.milliseconds[step] ?? []).toFixed(2)}`);
  console.log('processor milliseconds a photo:');
  const processor = {
    [`${cores} bare sessions`]: (before.processor + after.processor) / 2,
    ...path.processor,
  };
  for (const [part, value] of Object.entries(processor))
    console.log(`  ${part.padEnd(58)} ${value.toFixed(2).padStart(6)}`);
}

async function timeBareSessions(model: string, photos: LocalPhoto[], workers: number) {
  const sessions = Array.from({ length: workers }, (_, index) => {
    const paths = photos.filter((_, at) => at % workers === index).map(({ path }) => path);
    const entry = new URL('./bare-session.ts', import.meta.url).href;
    // A worker does not inherit the TypeScript loader on Node 20.
    const load = `import('tsx/esm/api').then(({ register }) => (register(), import(${JSON.stringify(entry)})))`;
    return new Worker(load, { eval: true, workerData: { model, paths } });
  });
  await Promise.all(sessions.map((session) => once(session, 'message')));
  const usage = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    sessions.map((session) => {
      session.postMessage('go');
      return once(session, 'message');
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const processor = processorMilliseconds(usage) / photos.length;
  await Promise.all(sessions.map((session) => session.terminate()));
  return { rate: photos.length / seconds, processor };
}

async function timeWholePath(model: string, photos: LocalPhoto[]) {
  const folder = mkdtempSync(join(tmpdir(), 'verger-bench-'));
  const log = join(folder, 'stack.log');
  const stackProcess = startStackProcess({
    environment: {
      MODEL_PATH: model,
      VERGER_LOCAL_DATA: join(folder, 'data'),
      ...FREE_PORTS,
    },
    log,
  });
  const stack = await stackProcess.ready;
  try {
    const upload = async (some: LocalPhoto[]) => {
      const bucket = stack.variables.PHOTO_BUCKET ?? '';
      const uploading = uploadPhotos(stack.endpoints.s3, bucket, some, () => {});
      const { failed } = await awaitQueue(stack.endpoints.lambda, uploading, () => {});
      if (failed > 0) throw new Error(`${failed} invocations failed: see ${log}`);
    };
    await upload(photos.slice(0, WARM_UP).map(({ path, key }) => ({ path, key: `${WARM_UP_FOLDER}${key}` })));
    const pid = Number(readFileSync(join(folder, 'data/lock'), 'utf8'));
    const before = readProcessTimes(pid);
    const usage = process.cpuUsage();
    const start = performance.now();
    await upload(photos);
    const seconds = (performance.now() - start) / 1000;
    const uploading = processorMilliseconds(usage);
    const after = readProcessTimes(pid);
    const processor = {
      'uploading process': uploading / photos.length,
      'main thread: S3, DynamoDB, events, queue': (after.main - before.main) / photos.length,
      'functions: inference, decoding, SDK, log': (after.children - before.children) / photos.length,
      'other threads: disk, V8': (after.threads - before.threads) / photos.length,
    };
    return { rate: photos.length / seconds, milliseconds: readMilliseconds(log), processor };
  } finally {
    await stackProcess.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Times that featurize logged, by step, without the warm-up's. */
function readMilliseconds(log: string): Record<string, number[]> {
  const all: Record<string, number[]> = {};
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    if (!line.includes('"milliseconds"') || line.includes(WARM_UP_FOLDER)) continue;
    const { milliseconds } = JSON.parse(line.slice(line.indexOf('{'))) as {
      milliseconds: Record<string, number>;
    };
    for (const [step, value] of Object.entries(milliseconds)) {
      all[step] ??= [];
      all[step].push(value);
    }
  }
  return all;
}
