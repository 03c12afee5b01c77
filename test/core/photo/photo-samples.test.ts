/** What the samples of a TIFF or PNG mean: photos are read so, and what has no single meaning as one is refused by name. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Refusal } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { flat, scene } from '../../fixtures/photos.ts';
import { type Entry, encodeTiff, LONG, rgbEntries, SHORT, shorts } from '../../fixtures/tiff.ts';

const [WIDTH, HEIGHT] = [20, 12];
const decode = (bytes: Uint8Array) => decodePhoto(bytes, { maxBytes: 1_000_000, maxPixels: 1_000_000 });
const photo = scene(WIDTH, HEIGHT);
const rgb = new Uint8Array(await photo.clone().raw().toBuffer());
const grey = new Uint8Array(await photo.clone().toColourspace('b-w').raw().toBuffer());

/** A TIFF of so many channels and bits, with as much data as that takes. */
const tiff = (channels: number, bits: number, others: Entry[], data?: Uint8Array) => {
  const length = (WIDTH * HEIGHT * channels * bits) / 8;
  const entries: Entry[] = [
    [258, SHORT, channels, shorts(...Array.from({ length: channels }, () => bits))],
    [277, SHORT, 1, channels],
    [279, LONG, 1, length],
  ];
  const unsaid = entries.filter(([tag]) => !others.some(([other]) => other === tag));
  return encodeTiff(
    rgbEntries(WIDTH, HEIGHT, [...unsaid, ...others]),
    data ?? new Uint8Array(length).fill(100),
  );
};
const photometric = (value: number): Entry => [262, SHORT, 1, value];
const format = (value: number): Entry => [339, SHORT, 1, value];
const extra = (...kinds: number[]): Entry => [338, SHORT, kinds.length, shorts(...kinds)];
const compression = (value: number): Entry => [259, SHORT, 1, value];

describe('a TIFF without a single meaning as a photo is refused, and named', () => {
  const refused: [string, Uint8Array, RegExp][] = [
    ['floating point', tiff(3, 32, [format(3)]), /samples that are floating-point numbers of 32 bits/],
    ['half floats', tiff(3, 16, [format(3)]), /floating-point numbers of 16 bits/],
    ['doubles of grey', tiff(1, 64, [photometric(1), format(3)]), /floating-point numbers of 64 bits/],
    ['signed bytes', tiff(3, 8, [format(2)]), /signed integers of 8 bits/],
    ['signed 16 bits', tiff(1, 16, [photometric(1), format(2)]), /signed integers of 16 bits/],
    ['complex numbers', tiff(1, 64, [photometric(1), format(6)]), /complex numbers/],
    ['32 bits', tiff(3, 32, []), /integers of 32 bits/],
    ['12 bits', tiff(1, 12, [photometric(1)]), /samples of 12 bits/],
    ['4 bits in three channels', tiff(3, 4, []), /3 samples a pixel of 4 bits/],
    [
      'channels of different sizes',
      tiff(3, 8, [[258, SHORT, 3, shorts(5, 6, 5)]]),
      /different sizes: 5, 6, 5 bits/,
    ],
    ['CIELab', tiff(3, 8, [photometric(8)]), /samples that are CIELab/],
    ['ICCLab', tiff(3, 8, [photometric(9)]), /samples that are ICCLab/],
    ['LogLuv', tiff(3, 16, [photometric(32_845)]), /LogLuv/],
    ['a mask', tiff(1, 8, [photometric(4)]), /a transparency mask/],
    [
      'a colour filter array',
      tiff(1, 16, [photometric(32_803)]),
      /a colour filter array, as of a camera raw file/,
    ],
    ['colours of no known kind', tiff(3, 8, [photometric(77)]), /colours of an unknown kind \(77\)/],
    ['inks that are not CMYK', tiff(4, 8, [photometric(5), [332, SHORT, 1, 2]]), /inks other than CMYK/],
    ['five channels', tiff(5, 8, [extra(0, 0)]), /5 channels, and does not say what 2 of them are/],
    [
      'five channels and no word of them',
      tiff(5, 8, [photometric(1)]),
      /5 channels, and does not say what 4/,
    ],
    [
      'CMYK and something else',
      tiff(5, 8, [photometric(5), extra(0)]),
      /5 channels, and does not say what 1/,
    ],
    ['LERC', tiff(3, 8, [compression(34_887)]), /LERC compression/],
    ['LZMA', tiff(3, 8, [compression(34_925)]), /LZMA compression/],
    ['zstd', tiff(3, 8, [compression(50_000)]), /zstd compression/],
    ['JPEG XL', tiff(3, 8, [compression(50_002)]), /JPEG XL compression/],
    ['a compression of nobody', tiff(3, 8, [compression(60_123)]), /unknown \(60123\) compression/],
  ];
  for (const [name, file, detail] of refused) {
    test(name, async () => {
      await assert.rejects(decode(file), (error) => {
        assert.ok(error instanceof Refusal, String(error));
        assert.equal(error.reason, 'unsupported-format');
        assert.match(error.message, /^The TIFF has .*: convert it to JPEG or PNG\.$/);
        assert.match(error.message, detail);
        return true;
      });
    });
  }
});

describe('a channel of a TIFF that is not said to be alpha', () => {
  const withChannel = (colours: Uint8Array, count: number, value: number) =>
    Uint8Array.from({ length: (colours.length / count) * (count + 1) }, (_, i) =>
      i % (count + 1) === count ? value : colours[Math.floor(i / (count + 1)) * count + (i % (count + 1))]!,
    );
  const nir = withChannel(rgb, 3, 7);

  test('is left out of RGB, and alpha is not', async () => {
    assert.deepEqual((await decode(tiff(4, 8, [extra(0)], nir))).pixels.data, rgb);
    assert.deepEqual((await decode(tiff(4, 8, [], nir))).pixels.data, rgb);
    const white = (await decode(tiff(4, 8, [extra(2)], withChannel(rgb, 3, 0)))).pixels.data;
    assert.ok(white.every((level) => level === 255));
  });

  test('is left out of RGB of 16 bits', async () => {
    const deep = new Uint8Array(Uint16Array.from(nir, (level) => level * 257).buffer);
    assert.deepEqual((await decode(tiff(4, 16, [extra(0)], deep))).pixels.data, rgb);
  });

  test('is left out of grey, two of them as well', async () => {
    const wanted = rgb.map((_, i) => grey[Math.floor(i / 3)]!);
    const one = withChannel(grey, 1, 7);
    assert.deepEqual((await decode(tiff(2, 8, [photometric(1), extra(0)], one))).pixels.data, wanted);
    const two = withChannel(one, 2, 9);
    assert.deepEqual((await decode(tiff(3, 8, [photometric(1), extra(0, 0)], two))).pixels.data, wanted);
  });
});

test('a profile of grey changes 16 bits as it changes 8', async () => {
  // A gamma of 1: light that sRGB stores as other levels.
  const icc = greyProfile();
  const levels = flat([60, 60, 60], WIDTH, HEIGHT).toColourspace('b-w');
  const entries: Entry[] = [photometric(1), [34_675, 7, icc.length, icc]];
  const eight = new Uint8Array(await levels.clone().raw().toBuffer());
  const sixteen = new Uint8Array(Uint16Array.from(eight, (level) => level * 257).buffer);
  const { pixels: shallow } = await decode(tiff(1, 8, entries, eight));
  const { pixels: deep } = await decode(tiff(1, 16, entries, sixteen));
  assert.deepEqual(deep, shallow);
  // (60 / 255) of the light of white is level 134 of sRGB (IEC 61966-2-1).
  assert.ok(Math.abs(deep.data[0]! - 134) <= 1, String(deep.data[0]));
});

/** A grey profile of version 2 whose curve is a straight line (ICC.1:2022, 8.3.4). */
function greyProfile(): Buffer {
  const white = Buffer.from([
    ...Buffer.from('XYZ '),
    0,
    0,
    0,
    0,
    0,
    0,
    0xf6,
    0xd6,
    0,
    1,
    0,
    0,
    0,
    0,
    0xd3,
    0x2d,
  ]);
  const line = Buffer.from([...Buffer.from('curv'), 0, 0, 0, 0, 0, 0, 0, 0]);
  const head = Buffer.alloc(128 + 4 + 2 * 12);
  head.writeUInt32BE(head.length + white.length + line.length);
  head.writeUInt32BE(0x02400000, 8);
  head.write('mntrGRAYXYZ ', 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  white.copy(head, 68, 8);
  head.writeUInt32BE(2, 128);
  for (const [i, [name, at, length]] of [
    ['wtpt', head.length, white.length] as const,
    ['kTRC', head.length + white.length, line.length] as const,
  ].entries()) {
    head.write(name, 132 + 12 * i, 'latin1');
    head.writeUInt32BE(at, 136 + 12 * i);
    head.writeUInt32BE(length, 140 + 12 * i);
  }
  return Buffer.concat([head, white, line]);
}
