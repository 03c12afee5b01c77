import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { eachInTime } from '../../../functions/core/review/read-photos.ts';
import { MemoryPhotos, StillClock } from '../../memory.ts';

async function bucketOf(count: number) {
  const photos = new MemoryPhotos();
  const versions = [];
  for (let at = 0; at < count; at++) {
    const background = { r: 20 * at, g: 100, b: 200 };
    const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer();
    versions.push({ key: `${at}.png`, etag: photos.put(`${at}.png`, bytes) });
  }
  return { photos, versions };
}

test('a photo that the store does not send is given up when the time is over, and those that came are there', {
  timeout: 20_000,
}, async () => {
  const { photos, versions } = await bucketOf(12);
  const read = photos.read.bind(photos);
  photos.read = (version, maxBytes) =>
    version.key === '3.png' ? new Promise(() => {}) : read(version, maxBytes);
  const ports = { photos, limits: { maxBytes: 1e6, maxPixels: 1e6 }, clock: new StillClock() };
  const came: string[] = [];
  const ended = await eachInTime(ports, 1500, versions, async (version, readPhoto) => {
    const small = await readPhoto(version);
    came.push(`${version.key} ${small?.width}×${small?.height}`);
    return true;
  });
  const others = versions.filter(({ key }) => key !== '3.png').map(({ key }) => `${key} 40×30`);
  assert.deepEqual([ended, came.sort()], ['time', others.sort()]);
});

test('no photo is kept that has been read: of a hundred there is room for those that are read just now', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const photos = new MemoryPhotos();
  const megabytes = () => process.memoryUsage().arrayBuffers / 1e6;
  photos.read = async () => ({ bytes: new Uint8Array(5e6), etag: '' }) as never; // is no photo, which is found at once
  const ports = { photos, limits: { maxBytes: 5e6, maxPixels: 1e6 }, clock: new StillClock() };
  const several = Array.from({ length: 100 }, (_, at) => ({ key: `${at}`, etag: '' }));
  collect();
  const before = megabytes();
  let most = 0;
  await eachInTime(ports, 60_000, several, async (version, readPhoto) => {
    await readPhoto(version);
    collect();
    most = Math.max(most, megabytes() - before);
    return true;
  });
  assert.ok(most < 2 * 8 * 5, `${most} MB`); // eight at a time; all hundred are 500
});

test('after one says that it is enough, or fails, none is begun but those that eight had begun', async () => {
  const { photos, versions } = await bucketOf(20);
  const ports = { photos, limits: { maxBytes: 1e6, maxPixels: 1e6 }, clock: new StillClock() };
  let begun = 0;
  const third = async (answer: () => boolean) => {
    begun = 0;
    return eachInTime(ports, 60_000, versions, async (version, readPhoto) => {
      const at = ++begun;
      if (at !== 3) await readPhoto(version);
      return at !== 3 || answer();
    });
  };
  assert.equal(await third(() => false), 'enough');
  assert.ok(begun <= 10, `${begun}`);
  const failing = third(() => {
    throw new Error('no room');
  });
  await assert.rejects(failing, /no room/);
  assert.ok(begun <= 10, `${begun}`);
});

test('none is begun when the time is over, read or not; what ended it first is told', async () => {
  const { photos, versions } = await bucketOf(4);
  const clock = new StillClock();
  const ports = { photos, limits: { maxBytes: 1e6, maxPixels: 1e6 }, clock };
  let begun = 0;
  const ended = await eachInTime(ports, 60_000, versions, async () => {
    begun++;
    clock.time += 30_000;
    return true;
  });
  assert.deepEqual([ended, begun], ['time', 2]);

  photos.read = () => new Promise(() => {});
  const enough = eachInTime(ports, 50, versions, async (version, readPhoto) => {
    if (version.key === '0.png') await readPhoto(version);
    return false;
  });
  assert.equal(await enough, 'enough');
});

test('a photo whose turn to be decoded comes too late is not decoded', async () => {
  const { photos, versions } = await bucketOf(8);
  const clock = new StillClock();
  const ports = { photos, limits: { maxBytes: 1e6, maxPixels: 40 * 30 }, clock }; // one at a time
  let came = 0;
  const ended = await eachInTime(ports, 60_000, versions, async (version, readPhoto) => {
    await readPhoto(version);
    came++;
    clock.time += 60_000;
    return true;
  });
  assert.equal(ended, 'time');
  assert.equal(came, 2); // the second had its turn when the first was decoded
});

test('photos are decoded one at a time where each has all the pixels allowed: eight take little more memory than one', async () => {
  const peaks = [1, 8].map((count) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'read-photos-once.ts'), String(count)],
      { encoding: 'utf8', env: { ...process.env, MALLOC_ARENA_MAX: '1' } },
    );
    assert.equal(status, 0, stderr);
    return Number(stdout);
  });
  const [one = 0, eight = 0] = peaks;
  assert.ok(one > 150, `${one} MB`); // what one photo takes, 48 MB as decoded, is in it
  // Pixels of those before, 18 MB each, wait for the garbage collector: 75 MB more. Four at a time took 300 more.
  assert.ok(eight < one + 150, `${eight} MB beside ${one}`);
});
