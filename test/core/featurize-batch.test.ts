/** Several photos in one invocation, and in as many as they take. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { setImmediate as aMoment } from 'node:timers/promises';
import { featurizeBatch, featurizePhotos } from '../../functions/core/featurize-batch.ts';
import { toSeen } from '../../functions/core/ordering.ts';
import type { FeaturizeRequest, PhotoVersion } from '../../functions/core/ports.ts';
import { meanColourSession } from '../memory.ts';
import { emptyStores, GREEN, RED } from './featurize-fixture.ts';
import { LambdaModel } from './lambda-model.ts';

let { photos, features, log, clock, ports, colourOf } = emptyStores();
/** Photos in the order in which their reading began. */
let read: string[];

beforeEach(() => {
  ({ photos, features, log, clock, ports, colourOf } = emptyStores());
  read = [];
  const readNow = photos.read.bind(photos);
  photos.read = async (version, maxBytes) => {
    read.push(version.key);
    return readNow(version, maxBytes);
  };
});

/** Puts so many photos, `01.png` and on, and asks for them as backfill does. */
function put(count: number): PhotoVersion[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `${String(index + 1).padStart(2, '0')}.png`;
    return { key, etag: photos.put(key, index % 2 === 0 ? RED : GREEN) };
  });
}

const names = (requests: FeaturizeRequest[]) => requests.map(({ key }) => key.slice(0, 2)).join(' ');
const stored = () => [...features.items.keys()].sort().map((key) => key.slice(0, 2));

/** A door that is passed one at a time, when the test says so. */
function door() {
  const waiting: (() => void)[] = [];
  let passed = 0;
  return {
    pass: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
      }),
    get queue() {
      return waiting.length - passed;
    },
    async open() {
      waiting[passed++]?.();
      for (let i = 0; i < 10; i++) await aMoment();
    },
  };
}

describe('a batch of photos', () => {
  test('gives each its turn, though one fails, and then reports the first failure', async () => {
    const requests = put(5);
    ports.session = failingFor(RED);
    await assert.rejects(featurizePhotos(ports, requests), /no memory/);
    assert.deepEqual(stored(), ['02', '04']);
    assert.deepEqual(colourOf('02.png'), [0, 255, 0]);
    assert.deepEqual(
      log.entries.filter(({ level }) => level === 'WARN').map(({ key }) => key),
      ['01.png', '03.png', '05.png'],
    );
  });

  test('of two photos that never arrive is handed on when time is over', async () => {
    const requests = put(2);
    const handedOn: string[] = [];
    photos.read = () => new Promise(() => {});
    ports.queue.featurize = async (some) => void handedOn.push(names(some));
    ports.deadline = {
      left: () => 60_000,
      at: (_, call) => {
        setTimeout(call, 1);
        return () => {};
      },
    };
    assert.deepEqual(await featurizePhotos(ports, requests), []);
    assert.deepEqual(handedOn, ['01', '02']);
  });

  test('takes events that are newer than what is stored', async () => {
    const old = put(2).map((version) => ({ ...version, sequencer: '01' }));
    await featurizePhotos(ports, old);
    const changed = old.map(({ key }, at) => ({
      key,
      etag: photos.put(key, at === 0 ? GREEN : RED),
      sequencer: '02',
    }));
    const outcomes = await featurizePhotos(ports, changed);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['featurized', 'featurized'],
    );
    assert.deepEqual(colourOf('01.png'), [0, 255, 0]);
  });

  test('reads nothing that is stored already when it is tried again', async () => {
    const requests: FeaturizeRequest[] = put(5).map((version, index) =>
      index < 3 ? version : { ...version, sequencer: `0${index}` },
    );
    const { session } = ports;
    ports.session = failingFor(GREEN);
    await assert.rejects(featurizePhotos(ports, requests));
    assert.deepEqual(stored(), ['01', '03', '05']);

    ports.session = session;
    read = [];
    const outcomes = await featurizePhotos(ports, requests);
    assert.deepEqual(read, ['02.png', '04.png']);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['stale', 'featurized', 'stale', 'featurized', 'stale'],
    );
    read = [];
    await featurizePhotos(ports, requests);
    assert.deepEqual(read, []);
  });

  test('reads a photo again that backfill wanted though one is stored', async () => {
    const [version] = put(1);
    assert.ok(version);
    await featurizePhotos(ports, [version, version]);
    const item = features.items.get('01.png');
    assert.ok(item?.kind === 'featurized');
    item.model = 'older@111111111111';
    read = [];
    const request = { ...version, seen: toSeen(item) };
    const [first, second] = await featurizePhotos(ports, [request, { key: '02.png', etag: 'gone' }]);
    assert.equal(first?.status, 'featurized');
    assert.equal(second?.status, 'superseded');
    assert.deepEqual(read, ['01.png', '02.png']);
  });

  test('reads the next while one is inferred, holds two at most, and infers one at a time', async () => {
    const requests = put(4);
    const processor = door();
    ports.session = {
      ...meanColourSession,
      run: async (pixels) => {
        await processor.pass();
        return meanColourSession.run(pixels);
      },
    };
    const working = featurizePhotos(ports, requests);
    for (let done = 0; done < requests.length; done++) {
      while (processor.queue === 0) await aMoment();
      for (let i = 0; i < 10; i++) await aMoment();
      assert.equal(processor.queue, 1, 'one photo is inferred');
      assert.equal(read.length, Math.min(requests.length, done + 2), 'and the next is read, and no other');
      await processor.open();
    }
    assert.equal((await working).length, 4);
  });

  test('reads one more while a photo is inferred of which only the model’s own size is in memory', async () => {
    const requests = put(5);
    const processor = door();
    let isResized = 0;
    ports.session = {
      ...meanColourSession,
      resize(pixels) {
        isResized++;
        return { data: pixels.data.subarray(0, 3), width: 1, height: 1 };
      },
      async run(pixels) {
        assert.deepEqual({ width: pixels.width, height: pixels.height }, { width: 1, height: 1 });
        await processor.pass();
        return meanColourSession.run(pixels);
      },
    };
    const working = featurizePhotos(ports, requests);
    for (let done = 0; done < requests.length; done++) {
      while (processor.queue === 0) await aMoment();
      for (let i = 0; i < 10; i++) await aMoment();
      assert.equal(isResized, done + 1, 'one photo is inferred');
      assert.equal(read.length, Math.min(requests.length, done + 3), 'and two are in memory');
      await processor.open();
    }
    await working;
    assert.deepEqual(colourOf('01.png'), [255, 0, 0]);
    const item = features.items.get('01.png');
    assert.ok(item?.kind === 'featurized');
    assert.deepEqual([item.width, item.height, item.bytes], [8, 6, RED.byteLength]);
  });

  test('stores what came of one while others are inferred', async () => {
    const requests = put(3);
    const store = door();
    const put_ = features.putIfUnchanged.bind(features);
    features.putIfUnchanged = async (item, seen) => {
      await store.pass();
      return put_(item, seen);
    };
    const working = featurizePhotos(ports, requests);
    while (store.queue < 3) await aMoment();
    assert.deepEqual(stored(), []);
    for (const _ of requests) await store.open();
    await working;
    assert.deepEqual(stored(), ['01', '02', '03']);
  });

  test('takes photos named by their keys alone, unless they are done, gone or no photos', async () => {
    put(2);
    const ask = async (...keys: string[]) => {
      const outcomes = await featurizePhotos(
        ports,
        keys.map((key) => ({ key, version: 'current' })),
      );
      return outcomes.map(({ status }) => status);
    };
    assert.deepEqual(await ask('01.png'), ['featurized']);
    assert.deepEqual(await ask('01.png', '02.png', 'gone.png', 'folder/'), [
      ...['skipped', 'featurized', 'superseded', 'skipped'],
    ]);
    assert.deepEqual(await ask('02.png'), ['skipped']);
    assert.deepEqual(read, ['01.png', '02.png']);
  });
});

describe('a batch that takes longer than an invocation', () => {
  let lambda: LambdaModel;
  beforeEach(() => {
    lambda = new LambdaModel(ports, clock);
  });

  test('is handed on, and 25 photos that take 3 seconds each are read once each', async () => {
    lambda.takes(() => 3_000);
    await lambda.invoke(put(25));
    assert.equal(stored().length, 25);
    assert.equal(read.length, 25);
    assert.deepEqual(
      lambda.invocations.map(({ length }) => length),
      [25, 4, 4],
    );
    assert.deepEqual(lambda.timedOut, []);
  });

  test('ends without a time-out however long photos take, as long as each has time enough by itself', async () => {
    for (const seconds of [7, 11, 20, 44, 54]) {
      ({ photos, features, log, clock, ports, colourOf } = emptyStores());
      lambda = new LambdaModel(ports, clock);
      lambda.takes(() => seconds * 1000);
      await lambda.invoke(put(25));
      assert.equal(stored().length, 25, `${seconds} s a photo`);
      assert.deepEqual(lambda.timedOut, [], `${seconds} s a photo`);
      assert.ok(lambda.invocations.length <= 50, `${lambda.invocations.length} invocations`);
      assert.ok(lambda.longestChain <= 5, `${lambda.longestChain} in a row; Lambda stops some 16`);
    }
  });

  test('begins its first photo however little time there is, so that it goes on', async () => {
    lambda.timeout = 12_000;
    lambda.takes(() => 3_000);
    await lambda.invoke(put(25));
    assert.equal(stored().length, 25);
    assert.deepEqual(lambda.timedOut, []);
  });

  test('waits little for its stores, which answer after 20 and 5 milliseconds', async () => {
    const delayed =
      <A extends unknown[], R>(milliseconds: number, call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        await lambda.sleep(milliseconds);
        return call(...args);
      };
    photos.read = delayed(20, photos.read.bind(photos));
    features.putIfUnchanged = delayed(5, features.putIfUnchanged.bind(features));
    features.look = delayed(5, features.look.bind(features));
    lambda.takes(() => 2);
    const session = { ...meanColourSession, run: delayed(8, meanColourSession.run) };
    const millisecondsFor = async () => {
      const start = clock.time;
      await lambda.run(put(25));
      features.items.clear();
      return clock.time - start;
    };
    ports.session = session;
    assert.equal(await millisecondsFor(), 400, 'one after the other it would be 25 × 35 = 875');
    ports.session = { ...session, resize: (pixels) => pixels };
    assert.equal(await millisecondsFor(), 304, 'and where the model has a size of its own');
  });

  test('is not held up by a photo that never ends, which fails by itself', async () => {
    lambda.takes((key) => (key === '04.png' ? Number.POSITIVE_INFINITY : 10));
    await lambda.invoke(put(25));
    assert.deepEqual(stored().length, 24);
    assert.ok(!stored().includes('04'));
    assert.deepEqual(lambda.failed.map(names), ['04']);
  });

  test('is not held up by photos that are never read to the end', async () => {
    const readNow = photos.read;
    photos.read = (version, maxBytes) =>
      ['01.png', '02.png'].includes(version.key) ? new Promise(() => {}) : readNow(version, maxBytes);
    await lambda.invoke(put(6));
    assert.deepEqual(stored(), ['03', '04', '05', '06']);
    assert.deepEqual(lambda.failed.map(names).sort(), ['01', '02']);
  });

  test('comes to an end even where no photo ever does', async () => {
    lambda.takes(() => Number.POSITIVE_INFINITY);
    await lambda.invoke(put(25));
    assert.deepEqual(stored(), []);
    assert.equal(lambda.failed.map(names).sort().join(' '), names(put(25)));
    assert.ok(lambda.invocations.length < 150, `${lambda.invocations.length} invocations`);
    assert.ok(lambda.longestChain <= 5, `${lambda.longestChain} in a row; Lambda stops some 16`);
  });

  test('hands on what failed as well, by itself, where there is no time for others', async () => {
    lambda.takes(() => 20_000);
    ports.session = failingFor(GREEN, ports.session);
    await lambda.invoke(put(6));
    assert.deepEqual(stored(), ['01', '03', '05']);
    assert.deepEqual(lambda.failed.map(names).sort(), ['02', '04', '06']);
  });

  test('fails where nothing can be handed on, and goes on from where it was when it is tried again', async () => {
    lambda.takes(() => 20_000);
    const { queue } = ports;
    let isAway = true;
    ports.queue = Object.assign(Object.create(queue), {
      async featurize(requests: FeaturizeRequest[]) {
        if (isAway) throw new Error('Lambda is away');
        await queue.featurize(requests);
      },
    });
    const requests = put(6);
    await assert.rejects(lambda.run(requests), /Lambda is away/);
    const before = stored();
    assert.ok(before.length > 0);
    isAway = false;
    read = [];
    await lambda.invoke(requests);
    assert.deepEqual(stored(), ['01', '02', '03', '04', '05', '06']);
    assert.deepEqual(
      read.filter((key) => before.includes(key.slice(0, 2))),
      [],
    );
  });

  test('tells S3 Batch Operations what it did not come to', async () => {
    lambda.takes(() => 20_000);
    const results = await lambda.within((deadline) => featurizeBatch({ ...ports, deadline }, put(5)));
    assert.deepEqual(
      results.map(({ state }) => state),
      ['done', 'done', 'begun', 'begun', 'waiting'],
    );
  });
});

describe('a photo that cannot be read', () => {
  test('is refused with the words of the store, and does not cost its batch', async () => {
    const requests = put(3);
    photos.unreadable.add('02.png');
    const outcomes = await featurizePhotos(ports, requests);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['featurized', 'refused', 'featurized'],
    );
    const item = features.items.get('02.png');
    assert.ok(item?.kind === 'refused');
    assert.equal(item.refused, 'unreadable');
    assert.match(item.detail, /InvalidObjectState/);
  });

  test('takes the place of what another model or version left, so that reduce can go on', async () => {
    const [version] = put(1);
    assert.ok(version);
    await featurizePhotos(ports, [version]);
    const old = features.items.get('01.png');
    assert.ok(old?.kind === 'featurized');
    old.model = 'older@111111111111';
    photos.unreadable.add('01.png');
    await featurizePhotos(ports, [{ ...version, seen: toSeen(old) }]);
    const item = features.items.get('01.png');
    assert.ok(item?.kind === 'refused');
    assert.equal(item.model, meanColourSession.model);
  });

  test('keeps its features where this version has them: it was copied into the archive', async () => {
    const [version] = put(1);
    assert.ok(version);
    await featurizePhotos(ports, [{ ...version, sequencer: '01' }]);
    photos.unreadable.add('01.png');
    const [outcome] = await featurizePhotos(ports, [{ ...version, sequencer: '02' }]);
    assert.equal(outcome?.status, 'skipped');
    assert.deepEqual(colourOf('01.png'), [255, 0, 0]);
  });

  test('is refused again by a newer event, whose sequencer then counts', async () => {
    const [version] = put(1);
    assert.ok(version);
    photos.unreadable.add('01.png');
    await featurizePhotos(ports, [{ ...version, sequencer: '01' }]);
    const [outcome] = await featurizePhotos(ports, [{ ...version, sequencer: '03' }]);
    assert.equal(outcome?.status, 'refused');
    assert.equal(features.items.get('01.png')?.sequencer, '03'.padEnd(40, '0'));
  });

  test('is featurized once it has been restored, and keeps its place in the order of events', async () => {
    const [version] = put(1);
    assert.ok(version);
    photos.unreadable.add('01.png');
    await featurizePhotos(ports, [{ ...version, sequencer: '02' }]);
    assert.equal(colourOf('01.png'), 'refused');
    photos.unreadable.clear();
    await featurizePhotos(ports, [{ key: '01.png', version: 'current' }]);
    assert.deepEqual(colourOf('01.png'), [255, 0, 0]);
    const [late] = await featurizePhotos(ports, [{ ...version, sequencer: '01' }]);
    assert.equal(late?.status, 'stale');
  });
});

/** A session that has no memory for photos that look like this one. */
function failingFor(bytes: typeof RED, session = meanColourSession) {
  const isRed = bytes === RED;
  return {
    ...session,
    run: (pixels: Parameters<typeof session.run>[0]) =>
      (pixels.data[0] === 255) === isRed ? Promise.reject(new Error('no memory')) : session.run(pixels),
  };
}
