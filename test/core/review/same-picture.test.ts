import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { plainMatrixProducts } from '../../../functions/core/pca/matrix.ts';
import { readSmall } from '../../../functions/core/photo/thumbnail.ts';
import { GreySquares } from '../../../functions/core/review/compare-pixels.ts';
import { SIDE, toGreySquare } from '../../../functions/core/review/grey-square.ts';
import { lookCloser } from '../../../functions/core/review/look-closer.ts';
import { findCandidates } from '../../../functions/core/review/picture-candidates.ts';
import { distanceOf } from '../../../functions/core/review/registration.ts';
import { review } from '../../../functions/core/review/review.ts';
import { findSamePictures } from '../../../functions/core/review/same-picture.ts';
import { MemoryPhotos, StillClock } from '../../memory.ts';
import { normals } from '../numbers.ts';
import { spotsOf, squareOf } from './spots.ts';

const [WIDTH, HEIGHT] = [160, 120];
const limits = { maxBytes: 1e6, maxPixels: 1e6 };

/** A ball with spots on white, turned about its upright axis by that many degrees. */
function ball(seed: number, degrees = 0): Sharp {
  const random = normals(seed);
  const spots = Array.from({ length: 60 }, () => {
    const at = [random(), random(), random()];
    const length = Math.hypot(...at);
    return { at: at.map((value) => value / length), dark: 60 * random() };
  });
  const data = Buffer.alloc(WIDTH * HEIGHT * 3, 255);
  const [sin, cos] = [Math.sin((degrees * Math.PI) / 180), Math.cos((degrees * Math.PI) / 180)];
  for (let y = 0, to = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++, to += 3) {
      const [u, v] = [(x - WIDTH / 2) / 55, (y - HEIGHT / 2) / 55];
      const depth = 1 - u * u - v * v;
      if (depth < 0) continue;
      const w = Math.sqrt(depth);
      const [p, q] = [cos * u + sin * w, cos * w - sin * u];
      let level = 110 + 60 * w;
      for (const { at, dark } of spots) {
        const near = p * at[0]! + v * at[1]! + q * at[2]!;
        if (near > 0.9) level -= dark * (near - 0.9) * 10;
      }
      data[to] = Math.max(0, Math.min(255, level + 40));
      data[to + 1] = Math.max(0, Math.min(255, level));
      data[to + 2] = Math.max(0, Math.min(255, level / 2));
    }
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

const STORED_AGAIN: Record<string, (photo: Sharp) => Sharp> = {
  'compressed more': (photo) => photo.jpeg({ quality: 60 }),
  'at 80 % size': (photo) => photo.resize(128, 96).jpeg({ quality: 90 }),
  'as a WebP': (photo) => photo.webp({ quality: 80 }),
  'cropped by 5 %': (photo) =>
    photo.extract({ left: 4, top: 3, width: 152, height: 114 }).jpeg({ quality: 90 }),
  'cropped at two sides': (photo) =>
    photo.extract({ left: 8, top: 0, width: 152, height: 114 }).jpeg({ quality: 90 }),
};

async function photoSquare(photo: Sharp): Promise<Float32Array> {
  const square = new Float32Array(SIDE ** 2);
  toGreySquare(await readSmall(await photo.toBuffer(), limits), square);
  return square;
}

test('a square of one level is that level, and halves of a photo stay where they are, whatever its shape', () => {
  const shapes = [
    [7, 300],
    [100, 100],
    [256, 3],
    [1, 300],
    [128, 1],
  ] as const;
  const square = new Float32Array(SIDE ** 2);
  for (const [width, height] of shapes) {
    toGreySquare({ data: Buffer.alloc(width * height * 3, 90), width, height }, square);
    // Sums of weights in float32.
    assert.ok(square.every((level) => Math.abs(level - 90) < 1e-3));
    if (height === 1) continue;
    const halves = Buffer.alloc(width * height * 3, 90);
    halves.fill(200, 3 * width * Math.ceil(height / 2));
    toGreySquare({ data: halves, width, height }, square);
    assert.deepEqual(
      [square[0], square.at(-1)].map((level) => Math.round(level ?? 0)),
      [90, 200],
    );
  }
});

test('a photo’s square lies as the photo does, in the middle: mirrored, or on its side, it is the same so', () => {
  const random = normals(8);
  const [width, height] = [61, 90];
  const at = (x: number, y: number) => 3 * (y * width + x);
  const [photo, mirrored, onItsSide] = [0, 1, 2].map(() => Buffer.alloc(width * height * 3)) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = [128, 128, 128].map((level) => Math.max(0, Math.min(255, level + 40 * random())));
      photo.set(pixel, at(x, y));
      mirrored.set(pixel, at(width - 1 - x, y));
      onItsSide.set(pixel, 3 * (x * height + y));
    }
  }
  const squared = (data: Buffer, wide = width, high = height) => {
    const square = new Float32Array(SIDE ** 2);
    toGreySquare({ data, width: wide, height: high }, square);
    return square;
  };
  const [square, other, side] = [squared(photo), squared(mirrored), squared(onItsSide, height, width)];
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const level = square[y * SIDE + x]!;
      // Sums of some hundred products in float32.
      assert.ok(Math.abs(level - other[y * SIDE + SIDE - 1 - x]!) < 1e-3, `${x}, ${y}`);
      assert.ok(Math.abs(level - side[x * SIDE + y]!) < 1e-3, `${x}, ${y}`);
    }
  }
});

test('a square is what its sums are written out, to the bit: in float64, rounded once along rows and once down', () => {
  const [width, height] = [51, 30];
  const data = Uint8Array.from({ length: 3 * width * height }, (_, at) => (at * at * 31) % 251);
  const square = new Float32Array(SIDE ** 2);
  toGreySquare({ data, width, height }, square);
  const luma = Array.from({ length: width * height }, (_, at) =>
    Math.fround(0.299 * data[3 * at]! + 0.587 * data[3 * at + 1]! + 0.114 * data[3 * at + 2]!),
  );
  // Along a side of that many pixels, those within three times σ, at least one, and their shares.
  const sharesOf = (length: number, at: number) => {
    const scale = length / SIDE;
    const sigma = 1.5 * scale;
    const middle = (at + 0.5) * scale - 0.5;
    const near = Array.from({ length }, (_, pixel) => pixel).filter(
      (pixel) => Math.abs(pixel - middle) <= Math.max(3 * sigma, 1),
    );
    const weights = near.map((pixel) => Math.exp(-(((pixel - middle) / sigma) ** 2) / 2));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return near.map((pixel, place) => [pixel, weights[place]! / sum] as const);
  };
  for (const [x, y] of [
    [0, 0],
    [20, 31],
    [47, 47],
  ] as const) {
    const along = (row: number) =>
      Math.fround(
        sharesOf(width, x).reduce((sum, [pixel, share]) => sum + share * luma[row * width + pixel]!, 0),
      );
    const expected = sharesOf(height, y).reduce((sum, [row, share]) => sum + share * along(row), 0);
    assert.equal(square[y * SIDE + x], Math.fround(expected));
  }
});

test('a picture stored again is at no distance; turned by 2°, or another, it is', async () => {
  const original = await photoSquare(ball(1).jpeg({ quality: 95 }));
  for (const [how, again] of Object.entries(STORED_AGAIN)) {
    const distance = distanceOf(original, await photoSquare(again(ball(1))));
    assert.ok(distance < 0.000_25, `${how}: ${distance}`);
  }
  const turned = distanceOf(original, await photoSquare(ball(1, 2).jpeg({ quality: 95 })));
  assert.ok(turned > 0.001 && turned < 0.1, `turned: ${turned}`);
  const other = distanceOf(original, await photoSquare(ball(2).jpeg({ quality: 95 })));
  assert.ok(other > 0.05, `another: ${other}`);
  const plain = new Float32Array(SIDE ** 2).fill(255);
  assert.equal(distanceOf(plain, plain), 1);
});

test('squares are in order of their photos, in whatever order those are read, without those that did not come', () => {
  const level = (of: number) => ({ data: Buffer.alloc(12, of), width: 2, height: 2 });
  const squares = new GreySquares([5, 2, 9, 7]);
  for (const at of [9, 7, 6, 2]) squares.add(at, level(10 * at));
  const { places, levels } = squares.end();
  assert.deepEqual(places, [2, 7, 9]);
  assert.equal(levels.length, 3 * SIDE ** 2);
  assert.deepEqual(
    [0, 1, 2].map((at) => Math.round(levels[at * SIDE ** 2]!)),
    [20, 70, 90],
  );
});

test('one picture are those at hardly any distance; somewhat farther, those to which nothing else is as near; the nearest first', async () => {
  const changed = (seed: number, strength: number, by = 20) =>
    squareOf([...spotsOf(seed), ...spotsOf(seed + by, 40, strength)]);
  const squares = [
    squareOf(spotsOf(3), [0, -0.05, 0, -0.05]), // of 11
    squareOf(spotsOf(2)),
    changed(2, 1.2), // 0.00044 from 1
    squareOf(spotsOf(1)),
    changed(4, 3), // 0.0012 from 7
    changed(2, 1.2, 30), // about as far from 1
    new Float32Array(SIDE ** 2).fill(90),
    squareOf(spotsOf(4)),
    changed(1, 1.5), // 0.0008 from 3
    squareOf(spotsOf(5)),
    squareOf(spotsOf(5), [0, 0.05, 0, 0.05]),
    squareOf(spotsOf(3)),
    changed(3, 1), // 0.0001 from 11
    changed(3, 2, 30), // 0.0005 from 11, which has nearer ones
  ];
  const found = await findSamePictures(together(squares), plainMatrixProducts);
  assert.deepEqual(
    found.map(({ places }) => places),
    [
      [9, 10],
      [0, 11],
      [11, 12],
      [0, 12],
      [3, 8],
    ],
  );
  for (const { places, distance } of found) {
    const [a, b] = places.map((at) => squares[at]!) as [Float32Array, Float32Array];
    assert.equal(distance, Math.min(distanceOf(a, b), distanceOf(b, a)), 'whichever is the crop');
  }
});

test('files of one content are at no distance, in their order, though each is compared with five alone', async () => {
  const found = await findSamePictures(together(Array(8).fill(squareOf(spotsOf(1)))), plainMatrixProducts);
  assert.ok(found.every(({ distance }) => distance === 0));
  assert.deepEqual(
    found.map(({ places }) => places.join(' ')),
    // The first five come before 5, 6 and 7 among the others of each.
    [0, 1, 2, 3, 4].flatMap((a) => Array.from({ length: 7 - a }, (_, by) => `${a} ${a + 1 + by}`)),
  );
});

test('a picture with a soft change is the nearest, though one with hard changes is more like it as the coarse squares have it', async () => {
  const spots = spotsOf(7);
  const soft = [...spots, { x: 22, y: 27, sigma: 14, level: 5 }];
  const hard = spotsOf(27).map(({ level, ...spot }) => ({ ...spot, sigma: 0.7, level: 0.3 * level }));
  const squares = [spots, soft, [...spots, ...hard], [...soft, ...hard]].map((of) => squareOf(of));
  const candidates = await findCandidates((at) => squares[at]!, 4, plainMatrixProducts, 1);
  assert.deepEqual(candidates, [[2], [3], [0], [1]]);
  const found = await findSamePictures(together(squares), plainMatrixProducts);
  assert.deepEqual(
    found.map(({ places }) => places).sort(([a], [b]) => a - b),
    [
      [0, 1],
      [2, 3],
    ],
  );
});

function together(squares: Float32Array[]): Float32Array {
  const all = new Float32Array(squares.length * SIDE ** 2);
  for (const [at, square] of squares.entries()) all.set(square, at * SIDE ** 2);
  return all;
}

test('among frames of turning balls, pictures that were stored again are paired with what they are of, and no frames with each other', async () => {
  const photos = new MemoryPhotos();
  const rows: {
    key: string;
    etag: string;
    label: null;
    featurizedAt: number;
    width: number;
    height: number;
    bytes: number;
  }[] = [];
  const put = async (key: string, photo: Sharp) => {
    const etag = photos.put(key, await photo.toBuffer());
    rows.push({ key, etag, label: null, featurizedAt: 0, width: 1, height: 1, bytes: 1 });
  };
  for (let seed = 0; seed < 4; seed++)
    for (let frame = 0; frame < 10; frame++)
      await put(`${seed}-${frame}`, ball(seed, 3 * frame).jpeg({ quality: 92 }));
  for (const [at, [how, again]] of Object.entries(STORED_AGAIN).entries())
    await put(how, again(ball(at % 4, 15)));
  await put('copy', ball(1).jpeg({ quality: 92 })); // of 1-0, byte for byte: on another list
  photos.objects.delete('0-0');
  const random = normals(3);
  const features = Float32Array.from({ length: rows.length * 4 }, () => 1 + 0.01 * random());
  const told = await review({ rows, features }, plainMatrixProducts);
  const sample = { rows, features, components: new Float32Array() };
  const ports = { photos, limits, clock: new StillClock() };
  for (const products of [plainMatrixProducts, createMatrixProducts(1)]) {
    const { review: found, pictures } = await lookCloser(ports, sample, told, products, 0);
    assert.equal(found.byPixels, 45, 'all but the one that is gone');
    assert.equal(pictures.size, 0, 'the page has no room');
    const same = found.nearDuplicates.filter((pair) => pair.same);
    const pairs = same
      .map(({ places: [a, b] }) => `${rows[a]!.key} = ${rows[b]!.key}`)
      .filter((pair) => /-\d = /.test(pair));
    assert.deepEqual(pairs.sort(), [
      '0-5 = compressed more',
      '0-5 = cropped at two sides',
      '1-5 = at 80 % size',
      '2-5 = as a WebP',
      '3-5 = cropped by 5 %',
    ]);
    assert.ok(
      same.every(({ places: [a, b], similarity }) => a < b && similarity > 0.99 && similarity < 1.0001),
    );
  }
});

test('of more than 8,000 photos those are read that are most like another, and none is read where there are none', async () => {
  const n = 8010;
  const row = { etag: 'e', label: null, featurizedAt: 0, width: 1, height: 1, bytes: 1 };
  const rows = Array.from({ length: n }, (_, at) => ({ ...row, key: `${at}` }));
  const similarity = Float32Array.from({ length: 2 * n }, (_, at) =>
    at % 2 === 1 ? 0.1 : at % 1602 === 0 ? 0.2 : 0.9,
  );
  const asked: string[] = [];
  const photos = {
    read: async ({ key }: { key: string }) => {
      asked.push(key);
      return undefined;
    },
  };
  const ports = { photos, limits, clock: new StillClock() };
  const none = { mislabelled: [], copies: [], nearDuplicates: [], byPixels: 0, outliers: [] };
  const agreement = { labelled: 0, agree: 0, byLabel: [], confusions: [] };
  const told = { ...none, agreement, neighbours: { each: 2, place: new Int32Array(2 * n), similarity } };
  const sample = { rows, features: new Float32Array(n), components: new Float32Array() };
  const { review: found } = await lookCloser(ports, sample, told, plainMatrixProducts, 0);
  assert.deepEqual([found.nearDuplicates, found.byPixels, asked.length], [[], 0, 8000]);
  assert.deepEqual(
    asked.filter((key) => Number(key) % 801 === 0),
    [],
  );
  const neighbours = { each: 0, place: new Int32Array(), similarity: new Float32Array() };
  const empty = { rows: [], features: new Float32Array(), components: new Float32Array() };
  const nothing = await lookCloser(ports, empty, { ...told, neighbours }, plainMatrixProducts, 1000);
  assert.deepEqual([nothing.review.nearDuplicates, nothing.review.byPixels], [[], 0]);
});
