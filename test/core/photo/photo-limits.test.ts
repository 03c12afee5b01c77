import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal, type RefusalReason } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { checkScans } from '../../../functions/core/photo/photo-limits.ts';
import { jpegOfScans } from '../../fixtures/jpeg-scans.ts';
import { flat, insert, jpegSegment, scene, ultraHdr } from '../../fixtures/photos.ts';
import { assertRefused } from './refused.ts';

const LIMITS = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
const decode = (bytes: Uint8Array) => decodePhoto(bytes, LIMITS);

async function refused(bytes: Uint8Array, reason: RefusalReason, detail: RegExp): Promise<void> {
  await assertRefused(decode(bytes), reason, detail);
}

describe('a side', () => {
  test('may be 32,767 pixels long in every format that can say so', async () => {
    for (const [width, height] of [
      [32_767, 2],
      [2, 32_767],
    ] as const) {
      for (const file of [flat([9, 8, 7], width, height).png(), flat([9, 8, 7], width, height).tiff()]) {
        const { pixels } = await decode(await file.toBuffer());
        assert.deepEqual([pixels.width, pixels.height], [width, height]);
      }
    }
  });

  test('may not be longer, whatever the photo is and however little it says of it', async () => {
    const detail = /^The photo has (1 × 32768|32768 × 1) pixels; the limit is 32767 on a side\.$/;
    for (const [width, height] of [
      [32_768, 1],
      [1, 32_768],
    ] as const) {
      const photo = flat([9, 8, 7], width, height);
      await refused(await photo.clone().png({ progressive: true }).toBuffer(), 'too-many-pixels', detail);
      await refused(await photo.clone().tiff().toBuffer(), 'too-many-pixels', detail);
      await refused(await photo.clone().jpeg().toBuffer(), 'too-many-pixels', detail);
      await refused(await photo.clone().gif().toBuffer(), 'too-many-pixels', detail);
    }
  });
});

describe('the scans of a JPEG', () => {
  const small = { width: 64, height: 64, components: 3, kind: 'again' } as const;

  test('may be 500, and are refused from 501 on', async () => {
    for (const arithmetic of [false, true]) {
      for (const kind of ['again', 'refine'] as const) {
        const { pixels } = await decode(jpegOfScans({ ...small, kind, arithmetic, scans: 500 }));
        assert.deepEqual([pixels.width, pixels.height], [64, 64]);
        const more = jpegOfScans({ ...small, kind, arithmetic, scans: 501 });
        await refused(more, 'corrupt', /^The JPEG has 501 scans; the limit is 500\.$/);
      }
    }
  });

  test('are counted where markers repeat, stray or are cut off, and end with the photo', () => {
    const many = jpegOfScans({ ...small, scans: 501 });
    const size = { width: 64, height: 64 };
    const check = (bytes: Uint8Array) => checkScans(bytes, size, LIMITS.maxPixels);
    const second = many.indexOf(Buffer.of(0xff, 0xda), many.indexOf(Buffer.of(0xff, 0xda)) + 2);
    assert.throws(() => check(insert(many, second, Buffer.of(0xff, 0xff, 0xff))), /501 scans/);
    assert.throws(() => check(insert(many, second, Buffer.of(1, 2, 0xff, 0, 0xff, 0xd3))), /501 scans/);
    assert.throws(() => check(Buffer.concat([many.subarray(0, -2), Buffer.of(0xff)])), /501 scans/);
    assert.throws(() => check(Buffer.concat([many.subarray(0, -2), Buffer.of(0xff, 0xda)])), /502 scans/);

    const few = jpegOfScans({ ...small, scans: 500 });
    check(Buffer.concat([few, many]));
    check(insert(few, 2, jpegSegment(0xe5, many))); // a comment may hold a JPEG
    check(insert(few, 2, jpegSegment(0xe5, Buffer.alloc(60_000, Buffer.of(0xff, 0xda)))));
  });

  test('may be the fewer the larger the photo is', async () => {
    const size = { width: 8000, height: 8000 };
    const detail =
      /^The photo has 8000 × 8000 = 64000000 pixels in 66 scans; the limit for so many scans is 63030303\.$/;
    await refused(jpegOfScans({ ...small, ...size, scans: 66 }), 'too-many-pixels', detail);
    checkScans(jpegOfScans({ ...small, ...size, scans: 65 }), size, LIMITS.maxPixels);
    const coded = { ...small, ...size, arithmetic: true };
    checkScans(jpegOfScans({ ...coded, scans: 4 }), size, LIMITS.maxPixels);
    const fewer = /in 5 scans; the limit for so many scans is 52000000\.$/;
    await refused(jpegOfScans({ ...coded, scans: 5 }), 'too-many-pixels', fewer);
    checkScans(jpegOfScans({ ...small, width: 2880, height: 2880, scans: 500 }), size, 65e6 * 8);
  });

  test('are no matter to photos as cameras and programs write them', async () => {
    const photo = scene(1600, 1200);
    await decode(await photo.clone().jpeg({ progressive: true }).toBuffer());
    await decode(await photo.clone().jpeg({ mozjpeg: true }).toBuffer());
    await decode(await ultraHdr(photo.clone()));
  });

  test('are counted in milliseconds in 50 MB, whatever they hold', () => {
    const size = { width: 8000, height: 8000 };
    const start = Buffer.from([0xff, 0xd8, 0xff, 0xda, 0, 8]);
    const fills = [
      [0xff, 0],
      [0xff, 0xff],
      [0xff, 0xe0, 0, 2],
      [0xff, 0xda],
      [0xff, 1, 7, 7, 7, 7, 7],
    ];
    for (const fill of fills) {
      const file = Buffer.concat([start, Buffer.alloc(50_000_000, Buffer.from(fill))]);
      const before = process.cpuUsage();
      try {
        checkScans(file, size, LIMITS.maxPixels);
      } catch (error) {
        assert.ok(error instanceof Refusal);
      }
      const milliseconds = process.cpuUsage(before).user / 1000;
      assert.ok(milliseconds < 3000, `${fill}: ${milliseconds} ms`);
    }
  });
});
