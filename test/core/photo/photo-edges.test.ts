/** Ways through decodePhoto that hardly any photo takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { readHeader } from '../../../functions/core/photo/photo-decoder.ts';
import { flat, insert, jpegSegment, patch, scene, setTiffValue } from '../../fixtures/photos.ts';
import { encodeTiff, LONG, longs, rgbEntries, SHORT } from '../../fixtures/tiff.ts';
import { assertRefused } from './refused.ts';

const decode = async (bytes: Uint8Array) =>
  (await decodePhoto(bytes, { maxBytes: 1_000_000, maxPixels: 1_000_000 })).pixels;

test('a photo that does not say its size is damaged, in the decoder’s words', async () => {
  const [jpeg, png, webp] = [
    await flat([1, 2, 3]).jpeg().toBuffer(),
    await flat([1, 2, 3]).png().toBuffer(),
    await flat([1, 2, 3]).webp().toBuffer(),
  ];
  const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
  const cases: [Buffer, RegExp][] = [
    [patch(jpeg, frame + 1, [0xe5]), /^The JPEG is damaged or cut short: Invalid JPEG file structure: .*\.$/],
    [png.subarray(0, 29), /^The PNG is damaged or cut short\.$/],
    [
      patch(webp, 12, Buffer.from('JUNK')),
      /^The WebP is damaged or cut short: webp: unable to parse image\.$/,
    ],
  ];
  for (const [file, detail] of cases) await assertRefused(decode(file), 'corrupt', detail);
});

test('what a decoder only says in passing is no reason: a PNG that stops in its first row is damaged', async () => {
  const png = await scene(64, 48).png().toBuffer();
  await assertRefused(decode(png.subarray(0, 60)), 'corrupt', /^The PNG is damaged or cut short\.$/);
});

test('a kind that libvips does not decode is named in its words', async () => {
  const planes = rgbEntries(16, 16, [
    [284, SHORT, 1, 2],
    [322, SHORT, 1, 16],
    [323, SHORT, 1, 16],
    [324, LONG, 3, longs(8, 264, 520)],
    [325, LONG, 3, longs(256, 256, 256)],
  ]).filter(([tag]) => ![273, 278, 279].includes(tag));
  await assertRefused(
    decode(encodeTiff(planes, Buffer.alloc(768))),
    'unsupported-format',
    /^The TIFF is of a kind that is not decoded: tiled separate planes not supported\.$/,
  );
});

test('pixels may look like the scans of a JPEG', async () => {
  const scans = Buffer.alloc(64 * 48 * 3, Buffer.of(0xff, 0xda, 0, 2));
  assert.deepEqual(Buffer.from((await decode(encodeTiff(rgbEntries(64, 48), scans))).data), scans);
});

test('an AVIF of red, green and blue is decoded to the pixel', async () => {
  const photo = scene(32, 24);
  const lossless = await photo
    .clone()
    .avif({ lossless: true, chromaSubsampling: '4:4:4', effort: 0 })
    .toBuffer();
  const { data } = await decode(lossless);
  const wanted = await photo.raw().toBuffer();
  assert.ok(data.every((level, i) => Math.abs(level - wanted[i]!) <= 1));
});

test('alpha of 10 bits that hides nothing changes nothing', async () => {
  const deep = scene(64, 48).toColourspace('rgb16');
  const encode = (photo: typeof deep) => photo.avif({ bitdepth: 10, effort: 0 }).toBuffer();
  const [plain, opaque] = [await encode(deep.clone()), await encode(deep.clone().ensureAlpha(1))];
  assert.ok(opaque.includes('auxl') && !plain.includes('auxl'));
  assert.deepEqual(await decode(opaque), await decode(plain));
});

test('a header is read whatever size it claims, and whatever is harmless in it', async () => {
  const tiff = await flat([1, 2, 3]).tiff({ compression: 'none' }).toBuffer();
  const huge = setTiffValue(setTiffValue(tiff, 256, 30_000), 257, 30_000);
  assert.equal((await readHeader(huge)).width, 30_000);
  const jpeg = await flat([1, 2, 3]).jpeg().toBuffer();
  const odd = insert(jpeg, 2, jpegSegment(0xe0, Buffer.from('JFIF\0\x07\x07\0\0\x01\0\x01\0\0', 'latin1')));
  assert.equal((await readHeader(odd)).width, 16);
});
