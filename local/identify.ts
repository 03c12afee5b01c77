/** `npm run identify`: what fruit photos show, by a snapshot in a folder. */
import { readFile } from 'node:fs/promises';
import { clock } from '../functions/adapters/clock.ts';
import { openSession } from '../functions/adapters/onnx.ts';
import { InvalidRequest, Refusal } from '../functions/core/errors.ts';
import { type Identification, identifyPhoto } from '../functions/core/identify/identify.ts';
import { decodePhoto } from '../functions/core/photo/photo.ts';
import { labelOf } from '../functions/core/photo/photo-key.ts';
import { showProgress } from '../model/progress.ts';
import { type IdentifyOptions, parseIdentifyOptions, USAGE } from './identify/options.ts';
import { describeScore, type Judged, scoreOf } from './identify/score.ts';
import { readSnapshot } from './identify/snapshot.ts';
import { printable } from './printable.ts';
import { runProgram } from './program.ts';
import { findPhotos, tellSkipped } from './run/photos.ts';

/** As featurize has them: serverless.yml. */
const LIMITS = { maxBytes: 50_000_000, maxPixels: 65_000_000 };

await runProgram(async () => {
  const options = parseIdentifyOptions(process.argv.slice(2));
  if (options) await identifyAll(options);
  else console.log(USAGE);
});

async function identifyAll({ snapshot, json, expectLabels, views, photos }: IdentifyOptions): Promise<void> {
  const { knowledge, model } = await readSnapshot(snapshot);
  const session = await openSession(model.path);
  const ports = { session, decode: decodePhoto, limits: LIMITS, clock, knowledge: async () => knowledge };
  const files = (await Promise.all(photos.map(photosAt))).flat();
  const judged: Judged[] = [];
  let refused = 0;
  // Lines of answers and of progress do not go the same way.
  const progress = files.length > 1 ? showProgress('identified', '', process.stderr) : undefined;
  const identify = async (path: string) => identifyPhoto(ports, await read(path), views);
  for (const [at, { path, label }] of files.entries()) {
    const found = await identify(path).catch((error: unknown) => {
      if (error instanceof Refusal) return { refused: error.reason, detail: error.message };
      throw error;
    });
    console.log(json ? JSON.stringify({ photo: path, ...found }) : `${printable(path)}: ${describe(found)}`);
    if ('refused' in found) refused++;
    else if (label !== undefined) judged.push({ label, found });
    progress?.update(at + 1, files.length, refused);
  }
  progress?.stop();
  if (expectLabels) console.error(`\n${describeScore(scoreOf(judged, knowledge.facts.labels))}`);
}

/** @throws Refusal where it cannot be: a bad photo stops nothing */
function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Refusal('unreadable', `it cannot be read: ${cause.code}`, { cause });
  });
}

/** The photos at a path, each with the folder that it lies in. */
async function photosAt(path: string): Promise<{ path: string; label: string | undefined }[]> {
  const { photos, skipped } = await findPhotos(path).catch((error: Error) => {
    throw error instanceof InvalidRequest
      ? new InvalidRequest(error.message.replaceAll(' (--photos)', ''))
      : error;
  });
  if (skipped.length > 0) console.error(tellSkipped(skipped, 'left out'));
  return photos.map((photo) => ({ path: photo.path, label: labelOf(photo.path) }));
}

function describe(found: Identification | { refused: string; detail: string }): string {
  if ('refused' in found) return `refused, ${found.refused}: ${printable(found.detail)}`;
  const { answer, known, confidence, candidates, neighbours } = found;
  const percent = (share: number) => `${Math.round(100 * share)} %`;
  const names = [...new Set(neighbours.map(({ label, key }) => label ?? key))].map(printable).join(', ');
  if (!known) return `not something I have seen; most like ${names}`;
  if (answer !== null) return `${printable(answer)}, ${percent(confidence)}; most like ${names}`;
  const several = candidates.map(({ label, probability }) => `${printable(label)} ${percent(probability)}`);
  return `one of ${several.join(', ')}; most like ${names}`;
}
