import { SEEN } from '../../core/ordering.ts';
import type { FeaturizeRequest, SeenItem } from '../../core/ports.ts';
import { checkKey, etagIn, type Fields, fieldsIn, isFields, sequencerIn, textIn } from './fields.ts';
import { OBJECT, parseRecords } from './s3-records.ts';

/**
 * The photos that an event asks to featurize: S3's ObjectCreated and ObjectRestore:Completed records, or `{ backfill:
 * [...] }` with the core's own requests, which backfill sends, and featurize when it hands photos on. Folder markers
 * and S3's test event ask for none.
 *
 * A photo restored from an archive is named by its key alone: S3 gives sequencers to PUTs and DELETEs only, and it may
 * be an older version that was restored.
 *
 * @param bucket whose events they must be
 * @throws InvalidRequest naming what is missing or wrong
 */
export function parseFeaturizeEvent(event: unknown, bucket: string): FeaturizeRequest[] {
  if (isFields(event) && Array.isArray(event.backfill)) return event.backfill.map(parseRequest);
  const kinds = ['ObjectCreated:', 'ObjectRestore:Completed'];
  return parseRecords(event, bucket, kinds).map(({ key, name, object }) =>
    name.startsWith('ObjectRestore:')
      ? { key, version: 'current' }
      : { key, sequencer: sequencerIn(object, 'sequencer', OBJECT), etag: etagIn(object, 'eTag', OBJECT) },
  );
}

function parseRequest(request: unknown): FeaturizeRequest {
  const where = 'backfill[]';
  const key = checkKey(textIn(request, 'key', where));
  const { version, sequencer, seen } = request as Fields;
  if (version === 'current') return { key, version };
  const etag = etagIn(request, 'etag', where);
  if (sequencer !== undefined) return { key, etag, sequencer: sequencerIn(request, 'sequencer', where) };
  return { key, etag, ...(seen !== undefined && { seen: parseSeen(fieldsIn(request, 'seen', where)) }) };
}

/** Members that this version does not know are dropped. */
function parseSeen(seen: Fields): SeenItem {
  const read = { etag: textIn, model: textIn, refused: textIn, sequencer: sequencerIn };
  const known = SEEN.filter((name) => seen[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, read[name](seen, name, 'backfill[].seen')]));
}
