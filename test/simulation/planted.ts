/** Faults planted on purpose, each by changing one thing that the core is given or asks for. The simulation finds all. */
import { readFile } from 'node:fs/promises';
import { Refusal } from '../../functions/core/errors.ts';
import { TOMBSTONE_SECONDS } from '../../functions/core/ordering.ts';
import type {
  BackfillQueue,
  BackfillRequest,
  FeaturizeRequest,
  StoredFile,
} from '../../functions/core/ports.ts';
import type { Plant } from './functions.ts';
import type { Operation, Plan } from './plan.ts';

export interface PlantedFault extends Plant {
  /** The promise that it breaks. */
  breaks: RegExp;
  /** In which worlds it is looked for; in all, where it is absent. */
  accepts?: (plan: Plan) => boolean;
}

export const PLANTS: PlantedFault[] = [
  {
    name: 'events are written without their condition',
    breaks: /stored/,
    request: (input) => (isEventWrite(input) ? unconditional(input) : input),
  },
  {
    name: 'an erase writes whatever sequencer is stored',
    breaks: /a photo is stored as it is now/,
    request: (input) => (isTombstone(input) ? unconditional(input) : input),
  },
  {
    name: 'backfill writes whatever has changed since it looked',
    breaks: /stored/,
    accepts: (plan) => isRace(plan, ['backfill', 'batch job'], 1),
    request: (input) => (input.Item && !isEventWrite(input) ? unconditional(input) : input),
  },
  {
    name: 'backfill forgets the sequencer that it saw',
    breaks: /a photo is stored as it is now/,
    features: (store) => ({
      ...store,
      putIfUnchanged: ({ sequencer: _, ...item }, seen) => store.putIfUnchanged(item, seen),
    }),
  },
  {
    name: 'sequencers are padded on the left',
    breaks: /stored/,
    features: (store) => ({
      ...store,
      put: (item) => store.put({ ...item, sequencer: item.sequencer.padStart(40, '0') }),
    }),
  },
  {
    name: 'a photo is read without If-Match',
    breaks: /stored|features are those/,
    accepts: (plan) => isRace(plan, ['backfill', 'batch job'], 1),
    request: (input) => (isRead(input) ? { ...input, IfMatch: undefined } : input),
  },
  {
    name: 'a store that is away is taken for a photo that is gone',
    breaks: /a photo is stored as it is now/,
    photos: (store) => ({
      ...store,
      read: (version, maxBytes) =>
        store.read(version, maxBytes).catch((error) => {
          if (error instanceof Refusal) throw error;
          return undefined;
        }),
    }),
  },
  {
    name: 'one version deleted is taken for all of them',
    breaks: /a photo is stored as it is now/,
    removal: (removal) => ({ ...removal, isOneVersion: false }),
  },
  {
    name: 'a deleted version is nothing to look into',
    breaks: /nothing is stored of a photo that was deleted/,
    photos: (store) => ({ ...store, head: async (key) => ({ key, etag: '', bytes: 0 }) }),
  },
  {
    name: 'a tombstone is dropped at once',
    breaks: /nothing is stored of a photo that was deleted/,
    expiryDelay: 0,
    features: (store, clock) => ({
      ...store,
      put: (item) =>
        store.put(item.kind === 'erased' ? { ...item, expiresAt: Math.floor(clock.now() / 1000) } : item),
    }),
  },
  {
    name: "a tombstone's time is compared with the photo's",
    breaks: /a photo is stored as it is now/,
    queue: (queue, stored) =>
      sending(queue, ({ key }) => {
        const { item, lastModified } = stored(key);
        const erasedAt = (Number(item?.expiresAt?.N ?? 0) - TOMBSTONE_SECONDS) * 1000;
        return !item?.erased || erasedAt < lastModified;
      }),
  },
  {
    name: 'backfill leaves out what is refused',
    breaks: /a photo is stored by the current model/,
    queue: (queue, stored) => sending(queue, ({ key }) => !stored(key).item?.refused),
  },
  {
    name: 'backfill compares no models',
    breaks: /a photo is stored by the current model/,
    queue: (queue, stored) => sending(queue, ({ key, etag }) => stored(key).item?.etag?.S !== etag),
  },
  {
    name: 'backfill reads the first page of a listing',
    breaks: /after backfill/,
    photos: (store) => ({
      ...store,
      async *list(...asked) {
        for await (const page of store.list(...asked)) {
          yield page;
          return;
        }
      },
    }),
  },
  {
    name: 'keys are taken from events as they are',
    breaks: /stored/,
    event: (event) => JSON.parse(JSON.stringify(event).replaceAll('%', '%25').replaceAll('+', '%2B')),
  },
  {
    name: 'latest.json is replaced whatever it names',
    breaks: /latest.json never goes back/,
    accepts: (plan) => isRace(plan, ['reduce'], 6) && !plan.operations.some(({ kind }) => kind === 'deploy'),
    request: (input) =>
      input.Key === 'latest.json' ? { ...input, IfMatch: undefined, IfNoneMatch: undefined } : input,
  },
  {
    name: 'latest.json is replaced before the snapshot is whole',
    breaks: /latest.json names a whole snapshot|a version of the Delta table is one snapshot/,
    accepts: ({ reduces }) => reduces,
    snapshots: (store) => {
      const late: (() => Promise<unknown>)[] = [];
      const files = new Map<string, StoredFile>();
      return {
        ...store,
        async write(key, content, contentType, sha256) {
          const bytes = content instanceof Uint8Array ? content : await readFile(content.path);
          files.set(key, { bytes: bytes.length, sha256 });
          late.push(() => store.write(key, bytes, contentType, sha256));
          return true;
        },
        stat: async (key) => files.get(key),
        async publish(latest) {
          const isCurrent = await store.publish(latest);
          for (const write of late) await write();
          return isCurrent;
        },
      };
    },
  },
  {
    name: 'commits to the Delta log replace each other',
    breaks: /a version of the Delta table is one snapshot/,
    accepts: (plan) => isRace(plan, ['reduce'], 6) && !plan.operations.some(({ kind }) => kind === 'deploy'),
    request: (input) =>
      /_delta_log\/\d+\.json/.test(String(input.Key)) ? { ...input, IfNoneMatch: undefined } : input,
  },
  {
    name: 'the table is scanned without strong consistency',
    breaks: /no snapshot shows a photo that was erased/,
    accepts: ({ reduces }) => reduces,
    request: (input) => (input.TotalSegments ? { ...input, ConsistentRead: undefined } : input),
  },
];

/** Whether so many functions of these kinds run while people do something every second, and requests take seconds. */
function isRace({ operations, slowest }: Plan, kinds: Operation['kind'][], times: number): boolean {
  const isHasty = (operations.at(-1)?.at ?? 0) < operations.length * 1000;
  return isHasty && slowest > 1000 && operations.filter(({ kind }) => kinds.includes(kind)).length >= times;
}

type Input = Record<string, unknown>;

const isEventWrite = ({ Item, ConditionExpression }: Input) =>
  Item && /sequencer </.test(String(ConditionExpression));
const isTombstone = ({ Item }: Input) => Item !== undefined && (Item as Input).erased !== undefined;
const isRead = ({ Key, Body, IfMatch }: Input) =>
  Key !== undefined && Body === undefined && IfMatch !== undefined;

function unconditional({ TableName, Item }: Input): Input {
  return { TableName, Item };
}

function sending(queue: BackfillQueue, isSent: (request: BackfillRequest) => boolean): BackfillQueue {
  const isKept = (request: FeaturizeRequest) => !('etag' in request) || isSent(request);
  return { ...queue, featurize: (requests) => queue.featurize(requests.filter(isKept)) };
}
