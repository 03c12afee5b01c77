import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Sharp } from 'sharp';
import { Refusal } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import {
  findMarker,
  insert,
  jpegSegment,
  patch,
  scene,
  ultraHdr,
  withTiffEntries,
} from '../../fixtures/photos.ts';

const decode = (bytes: Uint8Array) => decodePhoto(bytes, { maxBytes: 20_000_000, maxPixels: 20_000_000 });
const START_OF_SCAN = 0xda;

const photo = scene(160, 120);
const files: Record<string, Buffer> = Object.fromEntries(
  await Promise.all(
    Object.entries<Sharp>({
      JPEG: photo.clone().jpeg(),
      'progressive JPEG': photo.clone().jpeg({ progressive: true }),
      PNG: photo.clone().png(),
      'interlaced PNG': photo.clone().png({ progressive: true }),
      WebP: photo.clone().webp(),
      'lossless WebP': photo.clone().webp({ lossless: true }),
      GIF: photo.clone().gif(),
      TIFF: photo.clone().tiff({ compression: 'none' }),
      'deflated TIFF': photo.clone().tiff({ compression: 'deflate' }),
      'JPEG in a TIFF': photo.clone().tiff({ compression: 'jpeg' }),
      AVIF: photo.clone().avif({ effort: 0 }),
    }).map(async ([name, file]) => [name, await file.toBuffer()]),
  ),
);

describe('a photo that was cut short', () => {
  for (const [name, whole] of Object.entries(files)) {
    test(`is refused: ${name} at every tenth, and near the end`, async () => {
      await decode(whole);
      for (const share of [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]) {
        await refusedAsCorrupt(whole.subarray(0, Math.floor(whole.length * share)), `${name} at ${share}`);
      }
    });
  }
});

describe('a damaged photo', () => {
  const jpeg = files.JPEG!;
  const middle = Math.floor(jpeg.length / 2);

  test('is refused where its data stops early although its end is there', async () => {
    const END = Buffer.of(0xff, 0xd9);
    await refusedAsCorrupt(Buffer.concat([jpeg.subarray(0, middle), END]), 'end marker in the middle');
    await refusedAsCorrupt(patch(jpeg, middle, [0xff, 0xd3]), 'stray restart marker');
  });

  test('is refused as an Ultra HDR JPEG too', async () => {
    const file = await ultraHdr(photo.clone());
    await decode(file);
    await refusedAsCorrupt(patch(file, 3000, [0xff, 0xd3]), 'stray restart marker');
  });

  test('is refused where a checksum or a code does not fit', async () => {
    for (const name of ['PNG', 'interlaced PNG', 'GIF']) {
      const file = files[name]!;
      await refusedAsCorrupt(patch(file, Math.floor(file.length / 2), new Uint8Array(300)), name);
    }
  });

  test('is refused with a detail that names no file of this machine and no stack', async () => {
    const whole = files.JPEG!;
    const error = await refusedAsCorrupt(whole.subarray(0, whole.length - 100), 'cut short');
    assert.match(error.message, /^The JPEG is damaged or cut short: .*premature end of JPEG image\.$/);
    assert.ok(error.cause instanceof Error, 'what libvips said is kept for the log');
  });
});

describe('a photo with a blemish that leaves its pixels alone', () => {
  const jpeg = files.JPEG!;
  const scan = findMarker(jpeg, START_OF_SCAN);
  const adobe = Buffer.from('Adobe\0\x64\0\0\0\0\x09', 'latin1');
  const blemished: Record<string, Buffer> = {
    'stray bytes before a JPEG segment': insert(jpeg, scan, Buffer.of(1, 2, 3)),
    'stray bytes at the end of a JPEG': Buffer.concat([
      jpeg.subarray(0, -2),
      Buffer.of(1, 2, 3),
      jpeg.subarray(-2),
    ]),
    'a second file after a JPEG': Buffer.concat([jpeg, Buffer.alloc(1000, 65)]),
    'scan parameters of a progressive JPEG in a sequential one': patch(jpeg, scan + 11, [0, 0, 0]),
    'an unknown colour transform in an Adobe segment': insert(jpeg, 2, jpegSegment(0xee, adobe)),
    'broken EXIF': insert(jpeg, 2, jpegSegment(0xe1, Buffer.from('Exif\0\0II*\0\xff\xff\xff\xff', 'latin1'))),
    'bytes after a PNG': Buffer.concat([files.PNG!, Buffer.alloc(100)]),
    'TIFF tags out of order': withTiffEntries(files['deflated TIFF']!, [[254, 0]], 'last'),
    'an unknown TIFF tag': withTiffEntries(files['deflated TIFF']!, [[50_000, 7]], 'last'),
  };
  for (const [name, file] of Object.entries(blemished)) {
    test(`is decoded: ${name}`, async () => {
      const { format, pixels } = await decode(file);
      const flawless = { jpeg, png: files.PNG!, tiff: files['deflated TIFF']! }[
        format as 'jpeg' | 'png' | 'tiff'
      ];
      assert.deepEqual(pixels, (await decode(flawless)).pixels);
    });
  }
});

describe('any bytes at all', () => {
  const starts = Object.values(files).map((file) => file.subarray(0, 40));

  test('are decoded or refused, never anything else', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }))
        .map((parts) => Buffer.concat(parts)),
    );
    await fc.assert(fc.asyncProperty(bytes, decodedOrRefused), { seed: 20_260_102, numRuns: 500 });
  });
});

async function refusedAsCorrupt(bytes: Uint8Array, what: string): Promise<Refusal> {
  const outcome = await decode(bytes).catch((error: unknown) => error);
  assert.ok(outcome instanceof Refusal, `${what}: ${outcome}`);
  assert.equal(outcome.reason, 'corrupt', `${what}: ${outcome.message}`);
  assert.match(outcome.message, /^The \S+ is damaged or cut short(: [^\n]+)?\.$/);
  return outcome;
}

/** True for a photo whose pixels are as many as its size says, and for a refusal. */
async function decodedOrRefused(bytes: Uint8Array): Promise<boolean> {
  const outcome = await decode(bytes).catch((error: unknown) => error);
  if (outcome instanceof Refusal) return true;
  if (outcome instanceof Error) throw outcome;
  const { pixels } = outcome as Awaited<ReturnType<typeof decode>>;
  return pixels.data.length === pixels.width * pixels.height * 3 && pixels.data.length > 0;
}
