import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { makeThumbnails } from '../../../functions/core/review/thumbnails.ts';
import { MemoryPhotos, StillClock } from '../../memory.ts';

const limits = { maxBytes: 1e6, maxPixels: 1e6 };
const wishes = { large: 0, bytes: 1e6, milliseconds: 1000 };

async function bucketOf(count: number) {
  const photos = new MemoryPhotos();
  const versions = [];
  for (let at = 0; at < count; at++) {
    const background = { r: 20 * at, g: 100, b: 200 - 10 * at };
    const create = { width: 200, height: 120, channels: 3 as const, background };
    const bytes = await sharp({ create }).jpeg().toBuffer();
    versions.push({ key: `${at}.jpg`, etag: photos.put(`${at}.jpg`, bytes) });
  }
  return { photos, versions };
}

const decoded = (base64 = '') => sharp(Buffer.from(base64, 'base64'));

test('a picture fits into its square, upright, in the photo’s colours; those of the lists are larger', async () => {
  const { photos, versions } = await bucketOf(2);
  const turned = await sharp({ create: { width: 200, height: 120, channels: 3, background: '#c08040' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  versions.push({ key: 'turned.jpg', etag: photos.put('turned.jpg', turned) });
  const grey = await sharp({ create: { width: 30, height: 30, channels: 3, background: '#808080' } })
    .gif()
    .toBuffer();
  versions.push({ key: 'small.gif', etag: photos.put('small.gif', grey) });
  const ports = { photos, limits, clock: new StillClock() };
  const { made, wanted, gone, ended } = await makeThumbnails(ports, {
    ...wishes,
    photos: versions,
    large: 1,
  });
  assert.deepEqual([made.size, wanted, gone, ended], [4, 4, 0, 'all']);
  const sizes = [];
  for (let at = 0; at < 4; at++) {
    const { format, width, height } = await decoded(made.get(at)).metadata();
    sizes.push([format, width, height]);
  }
  assert.deepEqual(sizes, [
    ['webp', 112, 67],
    ['webp', 64, 38],
    ['webp', 38, 64],
    ['webp', 30, 30],
  ]);
  const { data } = await decoded(made.get(1)).raw().toBuffer({ resolveWithObject: true });
  for (const [at, level] of [20, 100, 190].entries())
    assert.ok(Math.abs(data[at]! - level) < 6, `${data[at]}`);
});

test('photos that are gone, replaced or not handed out have none, and are counted', async () => {
  const { photos, versions } = await bucketOf(4);
  photos.objects.delete('0.jpg');
  photos.put('1.jpg', new Uint8Array([1, 2, 3]));
  photos.unreadable.add('2.jpg');
  const broken = photos.put('broken.jpg', new Uint8Array([0xff, 0xd8, 1, 2, 3]));
  const ports = { photos, limits, clock: new StillClock() };
  const all = [...versions, { key: 'broken.jpg', etag: broken }];
  const { made, gone, ended } = await makeThumbnails(ports, { ...wishes, photos: all });
  assert.deepEqual([[...made.keys()], gone, ended], [[3], 4, 'all']);
});

test('the budget of bytes is kept, and the time there is; each ends it and is named', async () => {
  const { photos, versions } = await bucketOf(12);
  const clock = new StillClock();
  const ports = { photos, limits, clock };
  const few = await makeThumbnails(ports, { ...wishes, photos: versions, bytes: 500 });
  assert.equal(few.ended, 'bytes');
  const bytes = [...few.made.values()].reduce((sum, { length }) => sum + length, 0);
  assert.ok(few.made.size > 0 && few.made.size < 12 && bytes <= 500, `${few.made.size} of ${bytes} bytes`);
  const all = await makeThumbnails(ports, { ...wishes, photos: versions });
  const needed = [...all.made.values()].reduce((sum, { length }) => sum + length, 0);
  const exactly = await makeThumbnails(ports, { ...wishes, photos: versions, bytes: needed });
  assert.deepEqual([exactly.ended, exactly.made.size], ['all', 12]);
  const read = photos.read.bind(photos);
  photos.read = async (...asked) => {
    clock.time += 300;
    return read(...asked);
  };
  const slow = await makeThumbnails(ports, { ...wishes, photos: versions });
  assert.equal(slow.ended, 'time');
  assert.ok(slow.made.size < 12);
});

test('what is known is not read again, nor what is known to be gone; but where another size is wanted', async () => {
  const { photos, versions } = await bucketOf(4);
  const ports = { photos, limits, clock: new StillClock() };
  const asked: string[] = [];
  const read = photos.read.bind(photos);
  photos.read = async (version, maxBytes) => {
    asked.push(version.key);
    return read(version, maxBytes);
  };
  const known = new Map([
    [versions[0]!, { side: 112, base64: 'as it was' }],
    [versions[1]!, undefined],
    [versions[2]!, { side: 112, base64: 'too large' }],
  ]);
  const { made, gone } = await makeThumbnails(ports, { ...wishes, photos: versions, large: 1 }, known);
  assert.deepEqual([made.get(0), [...made.keys()].sort(), gone], ['as it was', [0, 2, 3], 1]);
  assert.deepEqual(asked.sort(), ['2.jpg', '3.jpg']);
});

test('a store that is away fails it', async () => {
  const { photos, versions } = await bucketOf(3);
  photos.read = async () => {
    throw new Error('connection refused');
  };
  const ports = { photos, limits, clock: new StillClock() };
  await assert.rejects(makeThumbnails(ports, { ...wishes, photos: versions }), /connection refused/);
});
