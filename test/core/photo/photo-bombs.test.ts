import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Refusal, type RefusalReason } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { checkStructure } from '../../../functions/core/photo/photo-bombs.ts';
import {
  animatedWebp,
  avifGrid,
  avifWithExif,
  exifKnot,
  heifGrid,
  insertInMeta,
  jpegWithExif,
  pngWithExif,
  tiffOfJpegTile,
  webpWith,
  webpWithExif,
} from '../../fixtures/bombs.ts';
import { jpegOfScans } from '../../fixtures/jpeg-scans.ts';
import { flat, insert, quadrants } from '../../fixtures/photos.ts';
import { assertRefused } from './refused.ts';

const LIMITS = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
const decode = (bytes: Uint8Array) => decodePhoto(bytes, LIMITS);

async function refused(bytes: Uint8Array, reason: RefusalReason, detail: RegExp): Promise<void> {
  const before = process.cpuUsage();
  await assertRefused(decode(bytes), reason, detail);
  assert.ok(process.cpuUsage(before).user < 2e6, 'refused at once');
}

async function hasSize(bytes: Uint8Array, width: number, height: number): Promise<void> {
  const { pixels } = await decode(bytes);
  assert.deepEqual([pixels.width, pixels.height], [width, height]);
}

describe('EXIF data whose directories point back and forth', () => {
  const knotted = async (entries: number): Promise<Record<string, Buffer>> => {
    const exif = exifKnot(entries);
    return {
      JPEG: jpegWithExif(await flat([1, 2, 3]).jpeg().toBuffer(), exif),
      PNG: pngWithExif(await flat([1, 2, 3]).png().toBuffer(), exif),
      WebP: await webpWithExif(exif),
    };
  };

  test('are decoded with up to 16, and refused at once with more', async () => {
    for (const [format, file] of Object.entries(await knotted(16))) {
      const before = process.cpuUsage();
      await hasSize(file, 16, 16);
      const { user } = process.cpuUsage(before);
      assert.ok(user < 5e6, `${format}: ${user} µs`);
    }
    for (const entries of [17, 100, 5000]) {
      for (const file of Object.values(await knotted(entries))) {
        await refused(file, 'corrupt', /^The photo's EXIF data have more than 16 directories\.$/);
      }
    }
  });

  test('are hidden from libvips in an AVIF, however its box and its type are written', async () => {
    const knot = exifKnot(34);
    const plain = await avifWithExif(knot);
    const type = plain.indexOf('Exif');
    const inCapitals = Buffer.from(plain);
    inCapitals.write('eXIF', type, 'latin1');
    const item = plain.lastIndexOf('infe', type);
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(plain.readUInt32BE(item - 4) + 8));
    const longSize = insertInMeta(plain, item + 4, size, ['iinf']);
    longSize.writeUInt32BE(1, item - 4);
    assert.equal(longSize.indexOf('Exif') - longSize.lastIndexOf('infe', longSize.indexOf('Exif')), 20);
    for (const file of [plain, inCapitals, longSize]) {
      const before = process.cpuUsage();
      await hasSize(file, 16, 16);
      // With so many entries libexif takes 3 s, with 50 it takes 11.
      assert.ok(process.cpuUsage(before).user < 1e6);
    }
  });

  test('are looked for no longer than it is worth', () => {
    const headers = Buffer.concat([
      Buffer.from('\xff\xd8', 'latin1'),
      Buffer.alloc(5_000_000, 'II*\0\x08\0\0\0\xff\xff'),
    ]);
    const before = process.cpuUsage();
    assert.throws(() => checkStructure(headers, 'jpeg', 1e6), Refusal);
    assert.ok(process.cpuUsage(before).user < 1e6);
  });

  test('are no matter to photos whose EXIF says which way is up', async () => {
    const turned = quadrants(16, 8).withMetadata({ orientation: 6 });
    for (const file of [
      turned.clone().jpeg(),
      turned.clone().png(),
      turned.clone().webp(),
      turned.clone().tiff(),
    ]) {
      await hasSize(await file.toBuffer(), 8, 16);
    }
  });
});

test('an animated WebP may have 10,000 frames, and is refused from 10,001 on', async () => {
  await hasSize(await animatedWebp(10_000), 16, 16);
  await refused(
    await animatedWebp(10_001),
    'too-many-pixels',
    /^The photo has 10001 frames; the limit is 10000\.$/,
  );
});

test('parts that say nothing are bounded in their number: segments of a JPEG, chunks of a WebP', async () => {
  const jpeg = await flat([1, 2, 3]).jpeg().toBuffer();
  const segments = (count: number) => insert(jpeg, 2, Buffer.alloc(4 * count, Buffer.of(0xff, 0xe5, 0, 2)));
  await hasSize(segments(1900), 16, 16);
  await refused(segments(2001), 'corrupt', /^The JPEG has more than 2000 segments before its first scan\.$/);
  const chunks = (count: number) =>
    webpWith((picture) => Buffer.concat([picture, Buffer.alloc(8 * count, 'junk\0\0\0\0')]), 0);
  await hasSize(await chunks(900), 16, 16);
  await refused(await chunks(1001), 'corrupt', /^The WebP has 1003 chunks; the limit is 1000\.$/);
});

test('the JPEGs that a TIFF is made of are bounded in their scans as a JPEG is', async () => {
  const tile = { width: 256, height: 256, components: 1, kind: 'again' } as const;
  await hasSize(tiffOfJpegTile(jpegOfScans({ ...tile, scans: 5 }), 256), 256, 256);
  const large = jpegOfScans({ ...tile, width: 8192, height: 7808, scans: 5 });
  await refused(
    tiffOfJpegTile(large, 8000),
    'too-many-pixels',
    /^The photo has more than 4 JPEG scans of 64000000 pixels; that is the limit\.$/,
  );
});

test('the tiles of an AVIF count as often as they are shown, and as large as they are', async () => {
  await hasSize(await avifGrid(256, 2, 2, 500), 500, 500);
  await refused(
    await avifGrid(2048, 4, 5, 128),
    'too-many-pixels',
    /^The photo is put together of 83886080 pixels; the limit is 65000000\.$/,
  );
});

test('a HEIC may have alpha as large as itself only up to a size: that is decoded too', async () => {
  const single = readFileSync(join(import.meta.dirname, '../../fixtures/heic/12-bit.heic'));
  const grid = { tile: 2048, rows: 2, columns: 3, width: 6144, height: 4096 };
  checkStructure(heifGrid(single, grid), 'heic', 32_500_000);
  await refused(
    heifGrid(single, { ...grid, alpha: true }),
    'too-many-pixels',
    /^The photo is put together of 50331648 pixels; the limit is 40625000\.$/,
  );
});
