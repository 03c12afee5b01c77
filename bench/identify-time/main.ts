/** What a request to a warm identify takes of a processor beyond decoding the photo and its features. */
import { readFile } from 'node:fs/promises';
import { clock } from '../../functions/adapters/clock.ts';
import { answerIdentify } from '../../functions/adapters/http-identify.ts';
import { openClassifier, openSession } from '../../functions/adapters/onnx.ts';
import { classifierFacts, encodeClassifierOnnx } from '../../functions/core/classifier/classifier-onnx.ts';
import { openIndex, widthOf } from '../../functions/core/classifier/neighbour-index.ts';
import { identifyPhoto } from '../../functions/core/identify/identify.ts';
import type { Knowledge } from '../../functions/core/identify/knowledge.ts';
import { decodeModelMetadata } from '../../functions/core/onnx/onnx-graph.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { seeded } from '../../functions/core/seeded.ts';
import { samplePhotos } from '../../local/run/photos.ts';
import { ensureModel } from '../../model/ensure-model.ts';
import { median, processorMilliseconds } from '../measure.ts';

const LIMITS = { maxBytes: 4_500_000, maxPixels: 65e6 }; // as in serverless.yml
/** As many as Fruits-360 has. */
const LABELS = 131;
/** Photos in the index: those of a small shop, the most of which all features are kept, the most that there are. */
const INDEXED = [240, 2500, 50_000];
const ROUNDS = 15;
const REQUESTS = 40;

/** Requests and bare photos take turns, so that both meet the same machine. */
export async function run(): Promise<void> {
  const { path, id } = await ensureModel();
  const session = await openSession(path);
  const photos = (await samplePhotos()).slice(0, REQUESTS);
  const files = await Promise.all(photos.map((photo) => readFile(photo.path)));
  const log = { info: () => {}, warn: () => {} };
  console.log(`identify: ${ROUNDS} rounds of ${REQUESTS} photos of 100×100, ${LABELS} labels, ${id}`);
  for (const rows of INDEXED) {
    const known = await knowledge(rows, session.model, session.dimension);
    const ports = { session, decode: decodePhoto, limits: LIMITS, clock, knowledge: async () => known };
    const http = {
      identify: (photo: Uint8Array) => identifyPhoto(ports, photo),
      page: { html: '', policy: '' },
      tokenHash: '',
      log,
    };
    const whole = async (file: Buffer) => {
      const { statusCode } = await answerIdentify(eventOf(file), http);
      if (statusCode !== 200) throw new Error(`answered with ${statusCode}`);
    };
    const bare = async (file: Buffer) => {
      await session.run((await decodePhoto(file, LIMITS)).pixels);
    };
    const took: Record<'whole' | 'bare', number[]> = { whole: [], bare: [] };
    for (let round = 0; round < ROUNDS; round++) {
      took.whole.push(await perPhoto(files, whole));
      took.bare.push(await perPhoto(files, bare));
    }
    const [request, photo] = [median(took.whole.slice(1)), median(took.bare.slice(1))]; // the first warms up
    console.log(
      `${String(rows).padStart(6)} photos known: a request ${request.toFixed(2)} ms of processor time, ` +
        `decode and features ${photo.toFixed(2)}, beyond them ${(request - photo).toFixed(2)}`,
    );
  }
}

async function perPhoto(files: Buffer[], ask: (file: Buffer) => Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  for (const file of files) await ask(file);
  return processorMilliseconds(start) / files.length;
}

function eventOf(file: Buffer): object {
  return {
    version: '2.0',
    rawPath: '/identify',
    headers: { 'content-type': 'image/jpeg' },
    requestContext: { http: { method: 'POST' } },
    body: file.toString('base64'),
    isBase64Encoded: true,
  };
}

/** Of any values, in vectors of length 1: the time hardly depends on them. */
async function knowledge(rows: number, model: string, d: number): Promise<Knowledge> {
  const next = seeded(rows);
  const random = (count: number) => Float32Array.from({ length: count }, () => next() - 0.5);
  const labels = Array.from({ length: LABELS }, (_, at) => `Kind ${at}`);
  const width = widthOf(rows, d);
  const counts = labels.map(() => 3);
  const weights = Float64Array.from(random(d * LABELS));
  const onnx = encodeClassifierOnnx(
    { model, dimension: d, labels, counts, origin: new Float64Array(d), weights, lambda: 0.1 },
    { temperature: 0.1, thresholds: { confidence: 0.5, similarity: 0 }, validation: [] },
    'bench',
  );
  return {
    facts: classifierFacts(decodeModelMetadata(onnx)),
    index: openIndex({
      model,
      dimension: d,
      width,
      keys: Array.from({ length: rows }, (_, at) => `Kind ${at % LABELS}/${at}.jpg`),
      labels: Array.from({ length: rows }, (_, at) => labels[at % LABELS]!),
      ...(width < d && { basis: random(d * width) }),
      vectors: unit(random(rows * width), width),
    }),
    classify: await openClassifier(onnx),
  };
}

/** In place. */
function unit(rows: Float32Array, width: number): Float32Array {
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const length = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i]! /= length;
  }
  return rows;
}
