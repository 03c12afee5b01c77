/** What is mended in a JPEG, byte by byte, and that nothing else is touched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendJpeg } from '../../../functions/core/photo/jpeg-blemishes.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { flat, insert, jpegSegment, patch, scene } from '../../fixtures/photos.ts';
import { assertRefused } from './refused.ts';

const START = Buffer.of(0xff, 0xd8);
const END = Buffer.of(0xff, 0xd9);
const frame = (marker: number) => jpegSegment(marker, Buffer.of(8, 0, 16, 0, 16, 1, 1, 0x11, 0));
const table = jpegSegment(0xc4, Buffer.of(0, 1, 2, 3));
/** One component, and the three parameters of a scan: coefficients from and to, and their bits. */
const scan = (...parameters: number[]) => jpegSegment(0xda, Buffer.of(1, 1, 0, ...parameters));
const jfif = (major: number) => jpegSegment(0xe0, Buffer.from([...Buffer.from('JFIF\0'), major, 7, 0, 0, 1]));
const adobe = (transform: number) =>
  jpegSegment(0xee, Buffer.from([...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform]));
/** Coded bytes: a stuffed 0xff, restarts, a fill byte before the marker that ends them. */
const coded = Buffer.of(1, 0xff, 0, 2, 0xff, 0xd0, 3, 0xff, 0xd7, 4, 0xff);
const comment = jpegSegment(0xfe, Buffer.from('JFIF\0 Adobe, and neither: \x09'));

test('a JPEG without a blemish stays as it is, to its end marker', () => {
  const flawless = Buffer.concat([
    START,
    jfif(1),
    adobe(0),
    adobe(1),
    adobe(2),
    comment,
    jpegSegment(0xe0, Buffer.from('JFXX\0 \x03')),
    jpegSegment(0xee, Buffer.from('Other, of 12 \x09')),
    jpegSegment(0xed, Buffer.from('Adobe_Photoshop2.5:')),
    jpegSegment(0xfe, Buffer.alloc(600, 7)),
    frame(0xc0),
    table,
    scan(0, 63, 0),
    coded,
    table,
    scan(0, 63, 0),
    coded,
    END,
  ]);
  assert.ok(mendJpeg(flawless).equals(flawless));
  assert.ok(mendJpeg(Buffer.concat([flawless, flawless])).equals(flawless), 'what follows is left out');
});

test('what libjpeg warns of is put right where it stands', () => {
  const mended = (...parts: Buffer[]) => mendJpeg(Buffer.concat([START, ...parts, END])).subarray(2, -2);
  const cases: [string, Buffer[], Buffer[]][] = [
    ['JFIF 3', [jfif(3)], [jfif(1)]],
    ['JFIF 0', [jfif(0)], [jfif(1)]],
    ['transform 3', [adobe(3)], [adobe(1)]],
    [
      'bytes between segments',
      [Buffer.of(1, 2, 3), table, Buffer.of(4, 0xff, 0, 0xff, 1), table],
      [table, table],
    ],
    ['bytes that look like a marker', [table, Buffer.of(1, 0xe5, 0, 9), table], [table, table]],
    ['fill bytes', [Buffer.of(0xff, 0xff), table, Buffer.of(0xff), table], [table, table]],
  ];
  for (const [name, stored, wanted] of cases)
    assert.deepEqual(mended(...stored), Buffer.concat(wanted), name);
  // Markers without a length take nothing with them.
  for (const marker of [0xd0, 0xd7, 0xd8]) {
    const alone = Buffer.of(0xff, marker);
    assert.deepEqual(mended(table, alone, jfif(3)), Buffer.concat([table, alone, jfif(1)]));
  }
});

test('the parameters of scans are those of a sequential JPEG, in no other one, and where they are there', () => {
  const mended = (marker: number, stored: Buffer) =>
    mendJpeg(Buffer.concat([START, frame(marker), table, stored, coded, END])).subarray(
      2 + frame(marker).length + table.length,
      -2 - coded.length,
    );
  for (const marker of [0xc0, 0xc1, 0xc9]) {
    assert.deepEqual(mended(marker, scan(1, 5, 0x10)), scan(0, 63, 0), marker.toString(16));
    assert.deepEqual(mended(marker, scan(1, 5)), scan(1, 5), 'cut short');
  }
  // The last frame counts; without one nothing is known.
  for (const frames of [[], [frame(0xc2)], [frame(0xca)], [frame(0xc0), frame(0xcf)]]) {
    const parts = Buffer.concat([START, ...frames, scan(1, 5, 0x10), coded, END]);
    assert.ok(mendJpeg(parts).equals(parts));
  }
  // A table of arithmetic coding, or an extension, is not a frame.
  for (const marker of [0xc8, 0xcc]) {
    const parts = [START, frame(0xc0), frame(marker), scan(1, 5, 0x10), coded, END];
    assert.ok(mendJpeg(Buffer.concat(parts)).includes(scan(0, 63, 0)), marker.toString(16));
  }
});

test('a JPEG that is cut short is as short when it is mended', () => {
  const whole = Buffer.concat([START, jfif(1), frame(0xc0), table, scan(0, 63, 0), coded, table, END]);
  for (let length = 2; length < whole.length; length++) {
    const mended = mendJpeg(whole.subarray(0, length));
    assert.ok(mended.equals(whole.subarray(0, mended.length)) && mended.length >= length - 1, `${length}`);
  }
});

test('ink in YCCK whose transform nobody knows is decoded as YCCK, and refused where it is damaged', async () => {
  const decode = (bytes: Uint8Array) => decodePhoto(bytes, { maxBytes: 1e6, maxPixels: 1e6 });
  const ink = await scene(64, 48).toColourspace('cmyk').jpeg().toBuffer();
  const transform = ink.indexOf('Adobe') + 11;
  const unknown = patch(ink, transform, [9]);
  assert.deepEqual(await decode(unknown), await decode(patch(ink, transform, [2])));
  const strayed = insert(unknown, unknown.indexOf(Buffer.of(0xff, 0xda)), Buffer.of(1, 2, 3));
  assert.deepEqual(await decode(strayed), await decode(unknown));
  const damaged = patch(unknown, Math.floor(ink.length * 0.8), [0xff, 0xd3]);
  await assertRefused(decode(damaged), 'corrupt', /^The JPEG is damaged or cut short: /);
});

test('a JPEG as libjpeg writes it has nothing to mend', async () => {
  const jpeg = await flat([200, 100, 50]).jpeg().toBuffer();
  assert.ok(mendJpeg(jpeg).equals(jpeg));
});
