/** The command line of `npm run identify`. */
import { resolve } from 'node:path';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { parseViews, type ViewCount } from '../../functions/core/identify/views.ts';
import { readCommandLine } from '../program.ts';

export interface IdentifyOptions {
  /** Absolute path of the folder that `npm start` has copied a snapshot to. */
  snapshot: string;
  json: boolean;
  expectLabels: boolean;
  views: ViewCount;
  /** Absolute paths of photos, and of folders of photos. */
  photos: string[];
}

export const USAGE = `npm run identify -- [--snapshot DIR] [--json] [--views 7] [--expect-labels] PHOTO or FOLDER…

Says what fruit photos show, by the snapshot that npm start has made: a line a photo.

  --snapshot DIR     folder of the snapshot, default out
  --json             a line of JSON a photo, as POST /identify answers
  --views N          looks at each photo 1 time, or 7: also mirrored and in five crops. Default 1
  --expect-labels    takes each photo's folder for the truth, and says how often it was found
  --help             this text
`;

/**
 * Reads the command line.
 *
 * @returns undefined where only help was asked for
 * @throws InvalidRequest naming what is not understood
 */
export function parseIdentifyOptions(parameters: string[]): IdentifyOptions | undefined {
  const { values, positionals } = readCommandLine(
    {
      args: parameters,
      allowPositionals: true,
      options: {
        snapshot: { type: 'string', default: 'out' },
        json: { type: 'boolean', default: false },
        'expect-labels': { type: 'boolean', default: false },
        views: { type: 'string', default: '1' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    },
    USAGE,
  );
  if (values.help) return undefined;
  if (positionals.length === 0)
    throw new InvalidRequest(`npm run identify needs a photo or a folder\n\n${USAGE}`);
  return {
    snapshot: resolve(values.snapshot),
    json: values.json,
    expectLabels: values['expect-labels'],
    views: parseViews(values.views),
    photos: positionals.map((photo) => resolve(photo)),
  };
}
