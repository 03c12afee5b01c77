/** What people do in a world: to the bucket, to the table, to the stack; and to what failed for good. */

import { decodeKey } from '../../functions/adapters/requests/s3-records.ts';
import { type FunctionName, PHOTOS } from './functions.ts';
import type { Letter } from './model/lambda.ts';
import type { Operation } from './plan.ts';
import { seeded } from './random.ts';
import type { World } from './world.ts';

/** Carries out one operation of the plan. */
export function carryOut(world: World, operation: Operation): void {
  const { photos, table, lambda } = world;
  const { number } = operation;
  const invoke = (functionName: FunctionName, event: unknown) =>
    lambda.accept({ name: `#${number} ${functionName}`, functionName, event, redrives: 0 });
  world.operation = number;
  switch (operation.kind) {
    case 'put':
      photos.put(operation.key, new TextEncoder().encode(operation.content), operation.how);
      return;
    case 'delete':
      photos.delete(operation.key);
      return;
    case 'expire':
      photos.delete(operation.key, 'LifecycleExpiration');
      return;
    case 'archive':
    case 'deny key':
      // Of what is hidden no event could bring features, and none tells of a key that is denied no longer.
      world.excused.add(operation.key);
      photos.hide(operation.key, operation.kind === 'archive' ? 'archived' : 'key denied');
      return;
    case 'restore':
      photos.restore(operation.key);
      return;
    case 'delete version':
    case 'expire version': {
      const { key, kind, which } = operation;
      const version = photos.versions(key)[which];
      const by = kind === 'delete version' ? 'ObjectRemoved' : 'LifecycleExpiration';
      // A lifecycle deletes what is not current, for good.
      if (version && (which > 0 || by === 'ObjectRemoved')) photos.deleteVersion(key, version.id, by);
      return;
    }
    case 'delete row':
      // Of a photo, as after a restore. A tombstone is nobody's to delete: it may be needed this very second.
      if (!table.items.get(operation.key)?.etag) return;
      world.excused.add(operation.key);
      table.delete(operation.key);
      return;
    case 'deploy':
      world.deploy({ model: `model@${number % 3}` });
      return;
    case 'wrong bucket':
      // A setting that names no bucket, until somebody sees to it.
      world.deploy({ bucket: 'no-such-bucket' });
      world.time.after(operation.minutes * 60_000, () => {
        world.tell(() => 'the right bucket is deployed');
        world.deploy({ bucket: PHOTOS });
        return undefined;
      });
      return;
    case 'backfill':
      invoke('backfill', { prefix: operation.prefix });
      return;
    case 'reduce':
      invoke('reduce', { components: 1 });
      return;
    case 'batch job':
      for (const [index, key] of photos.keys().entries()) {
        const name = `#${number} batch job, task ${index + 1}`;
        lambda.accept({ name, functionName: 'featurize', event: batchTask(key), redrives: 0 });
      }
  }
}

/**
 * Sees to an event that failed for good, as operations.md says: it is sent again, for as long as the queue keeps it; or,
 * of featurize, given up for a backfill.
 */
export function seeToDeadLetter(world: World, letter: Letter<FunctionName>, error: Error): void {
  const { time, faults, lambda, plan } = world;
  const { name, functionName, redrives } = letter;
  world.tell(() => `${name} is a dead letter: ${error.message}`);
  if (redrives > MOST_REDRIVES) {
    world.wrong('what failed can be done later', `${name}: ${error.message}`);
    return;
  }
  // Another reduce comes with the schedule; S3 Batch Operations reports what failed.
  if (functionName === 'reduce' || name.includes('batch job')) return;

  const accept = (again: string, to: FunctionName, event: unknown) =>
    lambda.accept({ name: again, functionName: to, event, redrives: redrives + 1 });
  const random = seeded(plan.seed, 'dead letter', name, redrives);
  const isLong = faults.strikes('dead letter waits for days', name, random);
  const isGivenUp =
    functionName === 'featurize' && faults.strikes('dead letter given up for a backfill', name, random);
  const seeTo = () => {
    if (!world.platform.isSound()) {
      time.after(HOUR, seeTo); // people mend the cause first
    } else if (isGivenUp) {
      for (const key of keysOf(letter.event)) world.excused.add(key);
      accept(`${name}, backfill instead`, 'backfill', { prefix: '' });
    } else {
      accept(`${name}, redriven`, functionName, letter.event);
    }
    return undefined;
  };
  time.after(isLong ? random.logUniform(HOUR, 13.5 * 24 * HOUR) : random.logUniform(HOUR / 60, HOUR), seeTo);
}

const HOUR = 3600_000;
/** Sent again so often, an event has met no outage any more, and no wrong setting each time. */
const MOST_REDRIVES = 10;

function batchTask(key: string): object {
  return {
    invocationSchemaVersion: '2.0',
    invocationId: 'simulated',
    job: { id: 'simulated' },
    tasks: [{ taskId: '1', s3Key: encodeURIComponent(key), s3Bucket: PHOTOS }],
  };
}

/** Keys of the photos that an event of S3 is about, or that were handed on from one. */
function keysOf(event: unknown): string[] {
  const { Records = [], backfill = [] } = event as {
    Records?: { s3: { object: { key: string } } }[];
    backfill?: { key: string }[];
  };
  return [...Records.map(({ s3 }) => decodeKey(s3.object.key)), ...backfill.map(({ key }) => key)];
}
