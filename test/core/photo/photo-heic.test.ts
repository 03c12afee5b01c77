/** HEIC against Pillow with pillow-heif: the files and the figures are made by test/fixtures/heic/make.py. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { Refusal, type RefusalReason } from '../../../functions/core/errors.ts';
import { decodeHeif, HeifError } from '../../../functions/core/photo/libheif.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { insertInMeta } from '../../fixtures/bombs.ts';
import { box } from '../../fixtures/boxes.ts';
import { patch } from '../../fixtures/photos.ts';
import { assertRefused } from './refused.ts';

interface Shown {
  size: [width: number, height: number];
  /** Mean red, green and blue: top left, top right, bottom left, bottom right. */
  quarters: [number, number, number][];
}

const FOLDER = join(import.meta.dirname, '../../fixtures/heic');
const read = (name: string) => readFileSync(join(FOLDER, `${name}.heic`));
const expected: Record<string, Shown> = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'));
const limits = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
const decode = (bytes: Uint8Array) => decodePhoto(bytes, limits);

describe('a HEIC', () => {
  for (const [name, { size, quarters }] of Object.entries(expected)) {
    test(`is what Pillow shows: ${name}`, async () => {
      const { format, pixels } = await decode(read(name));
      assert.equal(format, 'heic');
      assert.deepEqual([pixels.width, pixels.height], size);
      for (const [i, quarter] of quartersOf(pixels).entries()) {
        for (const [channel, mean] of quarter.entries()) {
          const wanted = quarters[i]![channel]!;
          assert.ok(Math.abs(mean - wanted) < 1, `quarter ${i}, channel ${channel}: ${mean}, not ${wanted}`);
        }
      }
    });
  }

  test('has the pixels that Pillow decodes, to the last: no filter of the standard is left out', async () => {
    const { pixels } = await decode(read('low-quality'));
    const wanted = await sharp(join(FOLDER, 'low-quality.png')).raw().toBuffer();
    assert.ok(wanted.equals(pixels.data));
  });

  test('may have its colours multiplied by alpha already: they are not again', async () => {
    const plain = read('alpha');
    const references = plain.indexOf('iref') - 4;
    const end = references + plain.readUInt32BE(references);
    const primary = plain.subarray(plain.indexOf('pitm') + 8).subarray(0, 2);
    const alpha = plain.subarray(plain.indexOf('auxl') + 4).subarray(0, 2);
    const prem = box('prem', primary, Buffer.of(0, 1), alpha);
    const { data } = (await decode(insertInMeta(plain, end, prem, ['iref']))).pixels;
    const once = (await decode(plain)).pixels.data;
    // Of a colour c and alpha a, the lesser of both is left instead of c × a: never darker, and lighter in between.
    assert.ok(data.every((level, i) => level >= once[i]!));
    assert.ok(data.some((level, i) => level > once[i]! + 20));
  });

  test('is decoded again and again in the same memory', async () => {
    const first = await decode(read('tiles'));
    for (let round = 0; round < 20; round++) await decode(read('alpha'));
    assert.deepEqual(await decode(read('tiles')), first);
  });

  test('is named in the figures above if it is in the folder', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.heic'));
    assert.deepEqual(
      files.sort(),
      Object.keys(expected)
        .map((name) => `${name}.heic`)
        .sort(),
    );
  });
});

describe('a HEIC that is not decoded', () => {
  const whole = read('one-picture');

  test('is refused as corrupt: cut short at every tenth', async () => {
    for (let tenth = 1; tenth < 10; tenth++) {
      await refused(
        whole.subarray(0, Math.floor((whole.length * tenth) / 10)),
        'corrupt',
        /^The HEIC is damaged/,
      );
    }
  });

  test('is refused by the size that it says it has, before it is decoded', async () => {
    const huge = patch(whole, whole.indexOf('ispe') + 8, [0, 0, 0x7f, 0, 0, 0, 0x7f, 0]);
    await refused(huge, 'too-many-pixels', /has 32512 × 32512/);
    const half = { ...limits, maxPixels: 120 * 80 * 2 - 1 };
    await refused(whole, 'too-many-pixels', /has 120 × 80 = 9600 pixels; the limit is 9599/, half);
  });

  test('is not decoded by libheif beyond the limit, whatever has been checked before', () => {
    assert.equal(decodeHeif(whole, 120 * 80).width, 120);
    assert.throws(() => decodeHeif(whole, 120 * 80 - 1), HeifError);
  });

  test('is refused where its pictures are larger than it says', async () => {
    await refused(patch(whole, whole.indexOf('ispe') + 8, [0, 0, 0, 60, 0, 0, 0, 40]), 'corrupt', /size/);
  });

  test('is refused by what its pictures are coded as, where that is not HEVC', async () => {
    const coded = (type: string) => patch(whole, whole.indexOf('hvc1'), Buffer.from(type));
    await refused(coded('jpeg'), 'unsupported-format', /a HEIF file with JPEG pictures: convert/);
    await refused(coded('avc1'), 'unsupported-format', /a HEIF file with H\.264 pictures: convert/);
    await refused(coded('vvc1'), 'unsupported-format', /a HEIF file with H\.266 pictures: convert/);
  });

  test('is refused as a sequence where it has no picture of its own', async () => {
    const sequence = Buffer.from('\0\0\0\x1cftyphevc\0\0\0\0msf1hevciso8\0\0\0\x08moov', 'latin1');
    await refused(sequence, 'unsupported-format', /a HEIF image sequence: convert/);
  });

  test('leaves the next one as it would be', async () => {
    const { pixels } = await decode(whole);
    for (const damaged of [
      whole.subarray(0, 700),
      patch(whole, whole.indexOf('hvcC') + 4, new Uint8Array(60)),
    ]) {
      await assert.rejects(decode(damaged), Refusal);
    }
    assert.deepEqual((await decode(whole)).pixels, pixels);
  });
});

async function refused(
  bytes: Uint8Array,
  reason: RefusalReason,
  detail: RegExp,
  within = limits,
): Promise<void> {
  await assertRefused(decodePhoto(bytes, within), reason, detail);
}

function quartersOf({
  data,
  width,
  height,
}: {
  data: Uint8Array;
  width: number;
  height: number;
}): number[][] {
  const [half, middle] = [Math.floor(width / 2), Math.floor(height / 2)];
  return [0, height - middle].flatMap((top) =>
    [0, width - half].map((left) => {
      const sums = [0, 0, 0];
      for (let y = top; y < top + middle; y++) {
        for (let i = 3 * (y * width + left); i < 3 * (y * width + left + half); i++) sums[i % 3]! += data[i]!;
      }
      return sums.map((sum) => sum / half / middle);
    }),
  );
}
