/** The command line of `npm start`. */
import { resolve } from 'node:path';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { parsePcaOptions } from '../../functions/core/pca/pca-options.ts';
import { MOST_TASKS } from '../../functions/core/reduce/phase.ts';
import { readCommandLine } from '../program.ts';

export interface StartOptions {
  /** Absolute path; absent: the sample photos. */
  photos?: string;
  /** Absolute path. */
  out: string;
  /** Options for reduce, those that were given. */
  reduce: {
    components?: number | string;
    standardize?: boolean;
    csv?: boolean;
    thumbnails?: boolean;
    segments?: number;
  };
  /** Work on the data of `npm run dev`, and keep it. */
  keep: boolean;
}

export const USAGE = `npm start -- [--photos DIR] [--out DIR] [--components N|share|elbow|all] [--no-standardize] [--csv] [--no-thumbnails] [--segments N] [--keep]

Does the main job once, over S3, DynamoDB and Lambda on this machine: photos are uploaded and featurized, then reduced
to a snapshot.

  --photos DIR       photos to upload: every file below DIR, dot files excepted; or one file. Links are
                     followed. What is not a photo is refused and counted. Default: the 240 photos in samples/
  --out DIR          folder for the snapshot, default out; its rows alone lie in DIR/rows
  --components N     PCA components: a number, a share of the variance such as 0.95, elbow or all. Default 64
  --no-standardize   centre the features, but do not scale them to unit variance
  --segments N       reduce by the state machine, as a table too large for one function is: N tasks read the table
  --csv              also write path, label and PCA columns as CSV
  --no-thumbnails    no pictures of photos in the report
  --keep             work on the data of npm run dev (.local) and keep it, instead of starting with nothing; photos
                     that are stored and featurized there are skipped, and stay if their files are gone
  --help             this text

MODEL=imagenet|fruit|FILE.onnx in the environment chooses the model: model/README.md.
`;

/**
 * Reads the command line.
 *
 * @returns undefined where only help was asked for
 * @throws InvalidRequest naming what is not understood
 */
export function parseStartOptions(parameters: string[]): StartOptions | undefined {
  const { values } = readCommandLine(
    {
      args: parameters,
      options: {
        photos: { type: 'string' },
        out: { type: 'string', default: 'out' },
        components: { type: 'string' },
        'no-standardize': { type: 'boolean', default: false },
        csv: { type: 'boolean', default: false },
        segments: { type: 'string' },
        'no-thumbnails': { type: 'boolean', default: false },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    USAGE,
  );
  if (values.help) return undefined;
  const reduce = {
    ...(values.components !== undefined && { components: parseComponents(values.components) }),
    ...(values['no-standardize'] && { standardize: false }),
  };
  parsePcaOptions(reduce); // now, not after the photos are featurized
  return {
    ...(values.photos !== undefined && { photos: resolve(values.photos) }),
    out: resolve(values.out),
    reduce: {
      ...reduce,
      ...(values.csv && { csv: true }),
      ...(values.segments !== undefined && { segments: parseSegments(values.segments) }),
      ...(values['no-thumbnails'] && { thumbnails: false }),
    },
    keep: values.keep,
  };
}

function parseSegments(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST_TASKS) return number;
  throw new InvalidRequest(`--segments should be a whole number from 1 to ${MOST_TASKS}, is ${text}`);
}

function parseComponents(text: string): number | string {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
