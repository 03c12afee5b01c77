import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { plainMatrixProducts } from '../../../functions/core/pca/matrix.ts';
import { arrangeByNeighbours } from '../../../functions/core/review/arrangement.ts';
import { lookCloser } from '../../../functions/core/review/look-closer.ts';
import { findNeighbours } from '../../../functions/core/review/neighbours.ts';
import { review } from '../../../functions/core/review/review.ts';
import { arrangePoints, seePhotos } from '../../../functions/core/review/seen.ts';
import { stopwatch } from '../../../functions/core/stopwatch.ts';
import { MemoryPhotos, StillClock } from '../../memory.ts';
import { normals } from '../numbers.ts';

const limits = { maxBytes: 1e6, maxPixels: 1e6 };
const D = 40;

/** A picture of soft spots, another for each seed. */
function spots(seed: number, quality = 92): Promise<Buffer> {
  const name = `${seed} ${quality}`;
  const made = MADE.get(name) ?? makeSpots(seed, quality);
  MADE.set(name, made);
  return made;
}

const MADE = new Map<string, Promise<Buffer>>();

function makeSpots(seed: number, quality: number): Promise<Buffer> {
  const random = normals(seed);
  const data = Buffer.from(Array.from({ length: 16 * 12 * 3 }, () => 128 + 40 * random()));
  const raw = { width: 16, height: 12, channels: 3 as const };
  return sharp(data, { raw }).resize(160, 120).jpeg({ quality }).toBuffer();
}

/** Photos unlike each other, but for the last, which is the first compressed more; how often each is read. */
async function photosOf(count: number) {
  const photos = new MemoryPhotos();
  const reads = new Map<string, number>();
  const read = photos.read.bind(photos);
  photos.read = async (version, maxBytes) => {
    reads.set(version.key, (reads.get(version.key) ?? 0) + 1);
    return read(version, maxBytes);
  };
  const rows = [];
  for (let at = 0; at < count; at++) {
    const key = `${String(at).padStart(3, '0')}.jpg`;
    const bytes = at === count - 1 ? await spots(0, 60) : await spots(at);
    const etag = photos.put(key, bytes);
    rows.push({ key, etag, label: null, featurizedAt: 0, width: 160, height: 120, bytes: bytes.length });
  }
  const random = normals(count);
  const features = Float32Array.from({ length: count * D }, random);
  const components = Float32Array.from({ length: count * 2 }, random);
  const ports = { photos, limits, clock: new StillClock() };
  return { ports, reads, sample: { rows, features, components } };
}

test('a photo is read once to be compared and shown; but one that only its pixels put on a list is read again, to be shown large', async () => {
  const { ports, reads, sample } = await photosOf(60);
  const { clock, ...pictures } = ports;
  sample.features.copyWithin(21 * D, 20 * D, 21 * D); // a pair by their features too
  sample.features[21 * D]! += 0.1;
  pictures.photos.objects.delete('020.jpg');
  const told: unknown[] = [];
  const log = { info: (...entry: unknown[]) => told.push(entry), warn() {} };
  const watch = stopwatch(clock);
  const seen = await seePhotos(
    { products: plainMatrixProducts, clock, log, pictures },
    { sample, labels: new Map(), refused: [] },
    watch.timed,
  );
  const { first } = seen.shown.nearDuplicates;
  assert.deepEqual(
    first.map(({ places, same }) => [...places, same]),
    [
      [0, 59, true],
      [20, 21, undefined],
    ],
  );
  assert.deepEqual(told, [
    ['reduce-compared', { photos: 60, byPixels: 59 }],
    ['reduce-pictured', { made: 59, wanted: 60, gone: 1 }],
  ]);
  assert.deepEqual(Object.keys(watch.milliseconds), ['compare', 'compare-pixels', 'arrange', 'pictures']);
  assert.deepEqual([seen.sample.rows, seen.nearby.length], [sample.rows, 2 * 60]);
  const again = [...reads].filter(([, times]) => times > 1);
  assert.deepEqual(
    [reads.size, again.sort()],
    [
      60,
      [
        ['000.jpg', 2],
        ['059.jpg', 2],
      ],
    ],
  );
  for (const place of [0, 59, 21, 7]) {
    const made = seen.thumbnails?.made.get(seen.shown.pictures.indexOf(place)) ?? '';
    const { width } = await sharp(Buffer.from(made, 'base64')).metadata();
    const isListed = seen.shown.pictures.indexOf(place) < seen.shown.listed;
    assert.equal(width, isListed ? 112 : 64, `${place}`);
  }
});

test('where no picture is to be held, none is made and no pixel compared', async () => {
  const { ports, reads, sample } = await photosOf(12);
  const seen = await seePhotos(
    { products: plainMatrixProducts, clock: ports.clock, log: { info() {}, warn() {} } },
    { sample, labels: new Map(), refused: [] },
    stopwatch(ports.clock).timed,
  );
  assert.deepEqual([seen.review.byPixels, 'thumbnails' in seen, reads.size], [0, false, 0]);
  assert.equal(seen.shown.points.length, 12);
});

test('once pictures fill the page, photos are read to be compared alone', async () => {
  const { ports, reads, sample } = await photosOf(60);
  const told = await review(sample, plainMatrixProducts);
  const { review: found, pictures } = await lookCloser(ports, sample, told, plainMatrixProducts, 20_000);
  assert.equal(found.byPixels, 60);
  assert.ok([...reads.values()].every((times) => times === 1));
  const bytes = [...pictures.values()].reduce((sum, picture) => sum + (picture?.base64.length ?? 0), 0);
  assert.ok(bytes > 20_000 && bytes < 45_000, `${bytes}`); // those are ended that had begun
  assert.ok(pictures.size < 60);
});

test('when the minute is over, what was read is compared', async () => {
  const { ports, reads, sample } = await photosOf(60);
  const told = await review(sample, plainMatrixProducts);
  const read = ports.photos.read;
  ports.photos.read = async (...asked) => {
    ports.clock.time += 4000;
    return read(...asked);
  };
  const { review: found } = await lookCloser(ports, sample, told, plainMatrixProducts, 0);
  assert.deepEqual([reads.size, found.byPixels], [15, 14]); // the last is fetched when the minute is over
});

test('points of the map that are not all rows are arranged by their neighbours among each other; all, by those that are known', async () => {
  const [n, d] = [40, 6];
  const random = normals(5);
  const { rows } = (await photosOf(1)).sample;
  const sample = {
    rows: Array.from({ length: n }, () => rows[0]!),
    features: Float32Array.from({ length: n * d }, random),
    components: Float32Array.from({ length: n * 3 }, random),
  };
  const neighbours = { each: 1, place: Int32Array.from({ length: n }, (_, at) => (at + 7) % n) };
  const known = { neighbours: { ...neighbours, similarity: new Float32Array(n).fill(0.5) } };
  const all = await arrangePoints(range(n), sample, known, plainMatrixProducts);
  assert.deepEqual(all, arrangeByNeighbours(known.neighbours, sample.components, 3));

  const odd = range(n).filter((at) => at % 2 === 1);
  const of = (values: Float32Array, columns: number) =>
    Float32Array.from(odd.flatMap((at) => range(columns).map((column) => values[at * columns + column]!)));
  const among = await findNeighbours(of(sample.features, d), odd.length, d, plainMatrixProducts, 1);
  assert.deepEqual(
    await arrangePoints(odd, sample, known, plainMatrixProducts),
    arrangeByNeighbours(among, of(sample.components, 3), 3),
  );
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at);
}
