/** Which event wins, told as what happens to one photo. featurize.test.ts has the everyday cases. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import fc from 'fast-check';
import { backfill } from '../../functions/core/backfill.ts';
import { ContractBroken } from '../../functions/core/errors.ts';
import { featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { isNewer, isSequencer, padSequencer, TOMBSTONE_SECONDS } from '../../functions/core/ordering.ts';
import { MemoryQueue, MemoryRuns, meanColourSession } from '../memory.ts';
import { emptyStores, GREEN, KEY, RED } from './featurize-fixture.ts';

const VERSION = true;
let { photos, features, log, clock, ports, created, removed, colourOf } = emptyStores();

beforeEach(() => {
  ({ photos, features, log, clock, ports, created, removed, colourOf } = emptyStores());
});

/** Photos that backfill finds to do now. */
async function found() {
  const queue = new MemoryQueue();
  await backfill(
    {
      ...{ photos, features, queue, clock, log, runs: new MemoryRuns(), model: meanColourSession.model },
      ...{ outOfTime: () => false, id: () => 'abc', scope: { prefix: '', suffix: '' } },
    },
    { prefix: '' },
  );
  return queue.sent;
}

/** Backfills, and checks that a second run then has nothing left to do. */
async function backfilled(): Promise<void> {
  await featurizePhotos(ports, await found());
  assert.deepEqual(await found(), [], 'backfill has nothing left to do');
}

describe('backfill brings back a photo that is in the bucket', () => {
  test('whose delete marker was deleted in a versioned bucket', async () => {
    await created(photos.put(KEY, RED), '01');
    photos.objects.delete(KEY); // a delete marker
    assert.equal(await removed('02'), 'erased');
    photos.put(KEY, RED); // the marker deleted: the version below is the photo again
    assert.equal(await removed('03', VERSION), 'kept');
    assert.equal(colourOf(), 'erased');

    await backfilled();
    assert.deepEqual(colourOf(), [255, 0, 0]);
    assert.equal(await removed('02'), 'stale', 'a late copy of the first erase');
  });

  test('whose newest version was deleted, so that an older one is current', async () => {
    await created(photos.put(KEY, RED), '01');
    await created(photos.put(KEY, GREEN), '02');
    photos.put(KEY, RED);
    assert.equal(await removed('03', VERSION), 'kept');

    await backfilled();
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });

  test('whose newest version was deleted, and then the delete marker below it', async () => {
    await created(photos.put(KEY, RED), '01');
    photos.objects.delete(KEY);
    await removed('02');
    await created(photos.put(KEY, GREEN), '03');
    photos.objects.delete(KEY);
    assert.equal(await removed('04', VERSION), 'erased', 'the delete marker is current again');
    photos.put(KEY, RED);
    assert.equal(await removed('05', VERSION), 'kept');

    await backfilled();
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });

  test('that was put again before its erase ran, though the event of that put is lost', async () => {
    await created(photos.put(KEY, RED), '01');
    photos.put(KEY, GREEN);
    clock.time += 3_600_000;
    assert.equal(await removed('02'), 'erased');

    await backfilled();
    assert.deepEqual(colourOf(), [0, 255, 0]);
  });

  test('whose row was deleted by hand before a late copy of an old erase came', async () => {
    await created(photos.put(KEY, GREEN), '03');
    features.items.delete(KEY);
    assert.equal(await removed('02'), 'erased');

    await backfilled();
    assert.deepEqual(colourOf(), [0, 255, 0]);
  });
});

describe('backfill brings nothing back', () => {
  test('that was removed after it looked and before it read', async () => {
    photos.put(KEY, RED);
    const requests = await found();
    photos.objects.delete(KEY);
    await removed('02');
    assert.deepEqual(
      (await featurizePhotos(ports, requests)).map(({ status }) => status),
      ['superseded'],
    );
    assert.equal(colourOf(), 'erased');
  });

  test('that was removed after it read and before it wrote', async () => {
    for (const before of ['nothing', 'a tombstone', 'features of another version'] as const) {
      features.items.clear();
      if (before === 'a tombstone') await removed('01');
      if (before === 'features of another version') await created(photos.put(KEY, GREEN), '01');
      photos.put(KEY, RED);
      const requests = await found();
      await removed('02'); // the photo is still there to be read
      assert.deepEqual(
        (await featurizePhotos(ports, requests)).map(({ status }) => status),
        ['stale'],
        before,
      );
      assert.equal(colourOf(), 'erased', before);
    }
  });

  test('that an erase still to come cannot forget again', async () => {
    photos.put(KEY, RED);
    await removed('01');
    const requests = await found();
    await featurizePhotos(ports, requests);
    assert.deepEqual(colourOf(), [255, 0, 0]);
    photos.objects.delete(KEY);
    assert.equal(await removed('02'), 'erased', 'the sequencer of the first tombstone was kept');
  });

  test('over features of an event that came since', async () => {
    photos.put(KEY, RED);
    const requests = await found();
    await created(photos.put(KEY, GREEN), '02');
    photos.put(KEY, RED);
    await featurizePhotos(ports, requests);
    assert.deepEqual(colourOf(), [0, 255, 0], 'the next run brings the red one');
    await backfilled();
    assert.deepEqual(colourOf(), [255, 0, 0]);
  });
});

test('a tombstone stays for 30 days', () => {
  assert.equal(TOMBSTONE_SECONDS, 2_592_000);
});

describe('sequencers', () => {
  test('are brought to one length and one case', () => {
    assert.equal(padSequencer('0055aed6dcd90281e5'), `0055AED6DCD90281E5${'0'.repeat(22)}`);
    for (const wrong of ['', 'xyz', '0'.repeat(41)]) assert.throws(() => padSequencer(wrong), ContractBroken);
    assert.throws(() => padSequencer('xyz'), {
      message: 'sequencer "xyz" is not 1 to 40 hexadecimal digits',
    });
    assert.equal(isSequencer(12), false);
  });

  test('order as the digits after a point do, whatever their lengths', () => {
    const sequencer = fc.stringMatching(/^[0-9A-F]{1,40}$/);
    const value = (digits: string) => BigInt(`0x${digits}`) << BigInt(4 * (40 - digits.length));
    fc.assert(
      fc.property(sequencer, sequencer, (a, b) => {
        assert.equal(isNewer(a, padSequencer(b)), value(a) > value(b));
        assert.equal(isNewer(a.toLowerCase(), padSequencer(a)), false);
      }),
      { seed: 4 },
    );
    assert.equal(isNewer('00', undefined), true);
  });
});
