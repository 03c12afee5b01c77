/** What the tags of a TIFF's first directory make of its samples. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { readTiffDirectory } from '../../../functions/core/photo/tiff-directory.ts';
import { foreignSamples, samplesOf } from '../../../functions/core/photo/tiff-photo.ts';
import { scene } from '../../fixtures/photos.ts';
import { type Entry, encodeTiff, rgbEntries, SHORT, shorts } from '../../fixtures/tiff.ts';

const short = (tag: number, ...values: number[]): Entry => [tag, SHORT, values.length, shorts(...values)];
const bits = (...values: number[]) => short(258, ...values);
const compression = (value: number) => short(259, value);
const colours = (value: number) => short(262, value);
const channels = (value: number) => short(277, value);
const inkSet = (value: number) => short(332, value);
const inks = (value: number) => short(334, value);
const extra = (...kinds: number[]) => short(338, ...kinds);
const format = (value: number) => short(339, value);
const subsampled = (across: number, down: number) => short(530, across, down);
const profile: Entry = [34_675, 7, 4, Buffer.alloc(4)];

const directory = (others: Entry[], without: number[] = []) => {
  const entries = rgbEntries(4, 3, others).filter(([tag]) => !without.includes(tag));
  return readTiffDirectory(encodeTiff(entries, Buffer.alloc(36)))!;
};

test('a compression that is not decoded is named', () => {
  const foreign = (value: number) => foreignSamples(directory([compression(value)]));
  // The numbers of libtiff's tiff.h, and of Adobe's DNG.
  const names: Record<string, number[]> = {
    JBIG: [9, 10, 34_661],
    NeXT: [32_766],
    ThunderScan: [32_809],
    PixarFilm: [32_908],
    PixarLog: [32_909],
    'SGI LogLuv': [34_676, 34_677],
    'JPEG 2000': [33_003, 33_004, 33_005, 34_712],
    'Nikon NEF': [34_713],
    LERC: [34_887],
    'lossy DNG': [34_892],
    LZMA: [34_925],
    zstd: [34_926, 50_000],
    PNG: [34_933],
    'JPEG XR': [22_610, 34_934],
    'JPEG XL': [50_002, 52_546],
    'unknown (77)': [77],
  };
  for (const [name, values] of Object.entries(names)) {
    for (const value of values) assert.equal(foreign(value), `${name} compression`);
  }
  for (const value of [1, 2, 3, 4, 5, 6, 7, 8, 32_771, 32_773, 32_946, 34_927, 50_001]) {
    assert.equal(foreign(value), undefined, `${value} is decoded`);
  }
});

test('samples and colours without a single meaning are named, and those of photos are not', () => {
  const cases: [string | undefined, Entry[], number[]?][] = [
    [undefined, []],
    [undefined, [], [258, 259, 262, 277]],
    ['samples that are floating-point numbers of 1 bits', [format(3)], [258]],
    ['samples that are signed integers of 8 bits', [format(2)]],
    ['samples that are complex integers of 8 bits', [format(5)]],
    ['samples that are complex numbers of 8 bits', [format(6)]],
    [undefined, [format(1)]],
    [undefined, [format(4)]],
    ['samples that are a transparency mask', [colours(4)]],
    ['samples that are CIELab', [colours(8)]],
    ['samples that are ICCLab', [colours(9)]],
    ['samples that are ITULab', [colours(10)]],
    ['samples that are a colour filter array, as of a camera raw file', [colours(32_803)]],
    ['samples that are LogL', [colours(32_844)]],
    ['samples that are LogLuv', [colours(32_845)]],
    ['samples that are linear raw, as of a camera raw file', [colours(34_892)]],
    ['samples that are a depth map', [colours(51_177)]],
    ['colours of an unknown kind (7)', [colours(7)]],
    ['samples of different sizes: 5, 6, 5 bits', [bits(5, 6, 5)]],
    [undefined, [bits(8, 8, 8, 16)]], // the fourth is of no channel
    ['samples that are integers of 32 bits', [bits(32, 32, 32)]],
    [undefined, [bits(16, 16, 16)]],
    ['3 samples a pixel of 4 bits', [bits(4, 4, 4)]],
    ['3 samples a pixel of 12 bits', [bits(12, 12, 12)]],
    ['samples of 12 bits', [bits(12), channels(1), colours(1)]],
    ...[1, 2, 4, 8, 16].map((depth): [undefined, Entry[]] => [
      undefined,
      [bits(depth), channels(1), colours(1)],
    ]),
    ['inks other than CMYK', [colours(5), channels(4), inkSet(2)]],
    ['inks other than CMYK', [colours(5), channels(4), inks(5)]],
    [undefined, [colours(5), channels(4), inkSet(1), inks(4)]],
    [undefined, [colours(5), channels(4)]],
    [undefined, [inkSet(2), inks(5)]], // of RGB they say nothing
    ['YCbCr of 16 bits', [colours(6), bits(16, 16, 16)]],
    [undefined, [colours(6)]],
    ['5 channels, and does not say what 2 of them are', [channels(5)]],
    ['5 channels, and does not say what 2 of them are', [channels(5), extra(0, 0)]],
    ['5 channels, and does not say what 1 of them are', [channels(5), extra(1, 0)]],
    [undefined, [channels(5), extra(1, 2)]],
    [undefined, [channels(4), extra(0)]],
    ['5 channels, and does not say what 1 of them are', [channels(5), colours(5)]],
  ];
  for (const [found, entries, without] of cases) {
    assert.equal(foreignSamples(directory(entries, without)), found, JSON.stringify(entries));
  }
});

test('YCbCr is converted here where neither libtiff nor libvips does it', () => {
  const isOurs = (...entries: Entry[]) => samplesOf(directory([colours(6), ...entries])).isYCbCr;
  assert.equal(isOurs(subsampled(1, 1)), true);
  assert.equal(isOurs(subsampled(1, 1), compression(8)), true);
  for (const decoded of [6, 7]) assert.equal(isOurs(subsampled(1, 1), compression(decoded)), false);
  for (const [across, down] of [
    [2, 1],
    [1, 2],
    [2, 2],
  ] as const)
    assert.equal(isOurs(subsampled(across, down)), false);
  assert.equal(isOurs(), false, 'two by two where nothing is said');
  assert.equal(samplesOf(directory([subsampled(1, 1)])).isYCbCr, false, 'RGB');
});

test('depth, alpha and compression are those of the directory', () => {
  const of = (entries: Entry[], without: number[] = []) => {
    const { isYCbCr: _, ...rest } = samplesOf(directory(entries, without));
    return rest;
  };
  const plain = { depth: { space: 'rgb16', hasProfile: false }, isCompressed: false, hasAlpha: true };
  assert.deepEqual(of([]), plain);
  assert.deepEqual(of([], [258, 259, 262, 277]), plain, 'nothing said');
  assert.deepEqual(of([compression(5)]), { ...plain, isCompressed: true });
  assert.deepEqual(of([profile]), plain, '8 bits');
  assert.deepEqual(of([bits(16, 16, 16), profile]).depth, { space: 'rgb16', hasProfile: true });
  assert.deepEqual(of([bits(16, 16, 16)]).depth, { space: 'rgb16', hasProfile: false });
  for (const grey of [0, 1]) {
    const { depth } = of([bits(16), channels(1), colours(grey), profile]);
    assert.deepEqual(depth, { space: 'grey16', hasProfile: true });
  }
  const hasAlpha = (...entries: Entry[]) => of(entries).hasAlpha;
  assert.deepEqual(
    [
      hasAlpha(channels(4), extra(1)),
      hasAlpha(channels(4), extra(2)),
      hasAlpha(channels(4), extra(0)),
      hasAlpha(channels(4)),
      hasAlpha(channels(5), extra(2, 0)),
      hasAlpha(channels(2), colours(1), extra(2)),
      hasAlpha(channels(2), colours(1)),
      hasAlpha(channels(4), colours(5)),
    ],
    [true, true, false, false, false, true, false, true],
  );
});

test('YCbCr is red where it is red, as JPEG or not, its colours halved or not', async () => {
  const decode = async (bytes: Uint8Array) =>
    (await decodePhoto(bytes, { maxBytes: 1e6, maxPixels: 1e6 })).pixels;
  const photo = scene(64, 48);
  for (const quality of [80, 95]) {
    // From a quality of 90 on, no colour is halved.
    const file = await photo.clone().tiff({ compression: 'jpeg', quality }).toBuffer();
    assert.ok(Buffer.from((await decode(file)).data).equals(await sharp(file).raw().toBuffer()));
  }
  // Red, by BT.601: 76, 85, 255.
  const halved = Buffer.from(Array.from({ length: 2 * 2 }, () => [76, 76, 76, 76, 85, 255]).flat());
  const entries = rgbEntries(4, 4, [colours(6), subsampled(2, 2), [279, 4, 1, halved.length]]);
  const [red, green, blue] = (await decode(encodeTiff(entries, halved))).data;
  assert.ok(red! > 250 && green! < 4 && blue! < 4, `${red}, ${green}, ${blue}`);
});
