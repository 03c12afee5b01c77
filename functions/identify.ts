/** A photo over HTTP → what fruit it shows; and the page that sends one. */
import { clock } from './adapters/clock.ts';
import { setting, wholeNumberSetting } from './adapters/config.ts';
import { answerIdentify } from './adapters/http-identify.ts';
import { log, observed, traced } from './adapters/observability.ts';
import { openClassifier, openSession } from './adapters/onnx.ts';
import { createS3Client } from './adapters/s3.ts';
import { createSnapshotReader } from './adapters/snapshots.ts';
import { identifyPhoto } from './core/identify/identify.ts';
import { newestKnowledge } from './core/identify/knowledge.ts';
import { decodePhoto } from './core/photo/photo.ts';
import { renderPage } from './page/page.ts';

/** The page's script, put here by the bundler (layers/bundle.ts). */
declare const PAGE_CLIENT: string;

const { IDENTIFY_TOKEN_SHA256 = '', SNAPSHOT_COLLECTION = '' } = process.env;

const snapshots = createSnapshotReader(
  traced(createS3Client({ cacheMiddleware: true })),
  setting('SNAPSHOT_BUCKET'),
  SNAPSHOT_COLLECTION,
);
const opening = openSession(setting('MODEL_PATH'));
opening.catch(() => {}); // told to whoever asks
const knowledge = newestKnowledge(
  { snapshots, clock, log, openClassifier },
  async () => (await opening).model,
);
const limits = {
  maxBytes: wholeNumberSetting('MAX_PHOTO_BYTES'),
  maxPixels: wholeNumberSetting('MAX_PHOTO_PIXELS'),
};
const page = renderPage(PAGE_CLIENT);

export const handler = observed((event: unknown) =>
  answerIdentify(event, {
    identify: async (photo, views) =>
      identifyPhoto({ session: await opening, decode: decodePhoto, limits, clock, knowledge }, photo, views),
    page,
    tokenHash: IDENTIFY_TOKEN_SHA256,
    log,
  }),
);
