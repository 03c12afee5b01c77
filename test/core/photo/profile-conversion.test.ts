import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import {
  convertToSrgb,
  findConversion,
  findJpegConversion,
} from '../../../functions/core/photo/profile-conversion.ts';
import { seeded } from '../../../functions/core/seeded.ts';
import { adobeRgbProfile, flat, rgbProfile, s15Fixed16, scene, withProfile } from '../../fixtures/photos.ts';

const jpeg = await scene(300, 200).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
const stored = await sharp(jpeg).raw().toBuffer();
const byLibvips = (icc: Buffer) => sharp(withProfile(jpeg, icc)).raw().toBuffer();

/** A profile that libvips comes with. */
async function builtIn(name: 'srgb' | 'p3'): Promise<Buffer> {
  const { icc } = await sharp(await flat([0, 0, 0]).withIccProfile(name).jpeg().toBuffer()).metadata();
  return icc!;
}

const parametric = (kind: number, ...numbers: number[]) =>
  Buffer.concat([Buffer.from(`para\0\0\0\0\0${String.fromCharCode(kind)}\0\0`), ...numbers.map(s15Fixed16)]);

function table(entries: number, claimed = entries): Buffer {
  const tag = Buffer.alloc(12 + 2 * entries);
  tag.write('curv');
  tag.writeUInt32BE(claimed, 8);
  for (let i = 0; i < entries; i++)
    tag.writeUInt16BE(Math.round(65_535 * (i / (entries - 1)) ** 1.8), 12 + 2 * i);
  return tag;
}

describe('a matrix profile is converted to the byte as libvips does, with curves', () => {
  const profiles: Record<string, Buffer | Promise<Buffer>> = {
    'of Display P3': builtIn('p3'),
    'of Adobe RGB': adobeRgbProfile(),
    'that are not there (linear)': rgbProfile(table(0)),
    'of a few entries': rgbProfile(table(7)),
    'of 1,024 entries': rgbProfile(table(1024)),
    'of 4,096 entries': rgbProfile(table(4096)),
    'of a parameter: gamma': rgbProfile(parametric(0, 1.8)),
    'of 3 parameters': rgbProfile(parametric(1, 2.2, 1.05, -0.05)),
    'of 4 parameters': rgbProfile(parametric(2, 2.2, 1.02, -0.02, 0)),
    'of 5 parameters, as sRGB': rgbProfile(parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)),
    'of 7 parameters': rgbProfile(parametric(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0)),
  };
  for (const [what, profile] of Object.entries(profiles)) {
    test(what, async () => {
      const icc = await profile;
      const convert = await findConversion(icc);
      assert.ok(convert);
      const found = Buffer.from(stored);
      convert(found);
      const expected = await byLibvips(icc);
      assert.ok(!expected.equals(stored), 'the profile changes colours');
      assert.ok(found.equals(expected));
    });
  }
});

test('a profile of several segments is converted too', async () => {
  const convert = await findConversion(rgbProfile(table(7), [['more', Buffer.alloc(150_000, 1)]]));
  const found = Buffer.from(stored);
  convert?.(found);
  assert.ok(found.equals(await byLibvips(rgbProfile(table(7)))));
});

test('a profile that changes no colour is taken for sRGB: pixels stay as they are', async () => {
  const convert = await findConversion(await builtIn('srgb'));
  const found = Buffer.from(stored);
  convert?.(found);
  assert.ok(convert && found.equals(stored));
});

test('the last profile asked for is known again, and another one is not taken for it', async () => {
  const p3 = await findConversion(await builtIn('p3'));
  assert.equal(await findConversion(await builtIn('p3')), p3);
  assert.notEqual(await findConversion(adobeRgbProfile()), p3);
});

describe('libvips converts', () => {
  const curve = parametric(0, 1.8);
  const left: Record<string, Buffer> = {
    'a profile with a lookup table': rgbProfile(curve, [['A2B0', Buffer.from('mft2\0\0\0\0\x03\x03\x02')]]),
    'a profile with a lookup table of numbers': rgbProfile(curve, [['D2B0', Buffer.from('mpet\0\0\0\0')]]),
    'a profile whose black is not black': rgbProfile(parametric(1, 2.2, 0.95, 0.05)),
    'a profile cut short': adobeRgbProfile().subarray(0, 200),
    'a profile with a curve of an unknown kind': rgbProfile(parametric(5, 1, 1, 1, 1, 1, 1, 1)),
    'a profile with a curve of more entries than it holds': rgbProfile(table(4, 4_000_000_000)),
    'a profile whose curves are not curves': rgbProfile(Buffer.from('text\0\0\0\0gamma 1.8')),
  };
  for (const [what, icc] of Object.entries(left)) {
    test(what, async () => {
      const convert = await findConversion(icc);
      const found = Buffer.from(stored);
      convert?.(found);
      // Where libvips ignores such a profile, nothing is what is to be done.
      assert.ok(convert === undefined || (await byLibvips(icc)).equals(stored));
      if (convert) assert.ok(found.equals(stored));
    });
  }

  test('pixels too, a band at a time, as a photo in one piece', async () => {
    const icc = left['a profile whose black is not black']!;
    const expected = await byLibvips(icc);
    assert.ok(!expected.equals(stored), 'the profile changes colours');
    const times = 18; // a band has 1,000,000 pixels: the first ends within the 17th photo
    const data = Buffer.concat(Array(times).fill(stored));
    await convertToSrgb({ data, width: 300, height: 200 * times }, icc);
    assert.ok(data.equals(Buffer.concat(Array(times).fill(expected))));
  });

  const photos: Record<string, (photo: Sharp) => Sharp> = {
    'a grey JPEG': (photo) => photo.toColourspace('b-w'),
    'a CMYK JPEG': (photo) => photo.toColourspace('cmyk'),
  };
  for (const [what, change] of Object.entries(photos)) {
    test(`${what}, even with an RGB profile`, async () => {
      const photo = await change(scene(300, 200)).jpeg().toBuffer();
      assert.equal(await findJpegConversion(withProfile(photo, await builtIn('p3'))), undefined);
    });
  }

  test('a JPEG without a profile', async () => assert.equal(await findJpegConversion(jpeg), undefined));
});

test('whatever becomes of a profile, pixels are converted as libvips converts them, or left to it', async () => {
  const random = seeded(3);
  const profiles = [await builtIn('p3'), adobeRgbProfile(), rgbProfile(table(64))];
  let converted = 0;
  for (let i = 0; i < 90; i++) {
    const icc = Buffer.from(profiles[i % 3]!);
    for (let k = 0; k < 1 + (i % 4); k++)
      icc[128 + Math.floor(random() * (icc.length - 128))] = 256 * random();
    const convert = await findConversion(icc);
    if (!convert) continue;
    const found = Buffer.from(stored);
    convert(found);
    assert.ok(found.equals(await byLibvips(icc)), icc.toString('base64'));
    if (!found.equals(stored)) converted++;
  }
  assert.ok(converted > 20, `${converted} of 90 were converted by tables`);
});

test('large JPEGs have the pixels that libvips gives them, upright, whatever their profile', async () => {
  const limits = { maxBytes: 1e8, maxPixels: 1e8 };
  const withTable = rgbProfile(table(0), [['A2B0', Buffer.from('mft2\0\0\0\0\x03\x03\x02')]]);
  for (const icc of [await builtIn('p3'), adobeRgbProfile(), await builtIn('srgb'), withTable]) {
    const photo = await sharp(jpeg)
      .resize(1603, 1301, { fit: 'fill' })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 90 })
      .toBuffer();
    const file = withProfile(photo, icc);
    const { pixels } = await decodePhoto(file, limits);
    const { data, info } = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([pixels.width, pixels.height], [1301, 1603]);
    assert.deepEqual([info.width, info.height], [1301, 1603]);
    assert.ok(Buffer.from(pixels.data).equals(data));
  }
});
