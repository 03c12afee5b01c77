/** Each line of the table of messages, provoked by a file of which only that is wrong. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { Refusal } from '../../../functions/core/errors.ts';
import { decodePhoto } from '../../../functions/core/photo/photo.ts';
import { judgeMessages, MESSAGES, type Meaning } from '../../../functions/core/photo/photo-messages.ts';
import { TAG } from '../../../functions/core/photo/tiff-directory.ts';
import { findMarker, flat, insert, jpegSegment, patch, scene } from '../../fixtures/photos.ts';
import {
  ASCII,
  BYTE,
  type Entry,
  encodeTiff,
  LONG,
  longs,
  rgbEntries,
  SHORT,
  SSHORT,
  shorts,
  UNDEFINED,
} from '../../fixtures/tiff.ts';

const [WIDTH, HEIGHT] = [64, 48];
const FAR = 0x7ffffff0;
const decode = (bytes: Uint8Array) => decodePhoto(bytes, { maxBytes: 1_000_000, maxPixels: 1_000_000 });

const photo = scene(WIDTH, HEIGHT);
const pixels = await photo.clone().raw().toBuffer();
const jpeg = await photo.clone().jpeg().toBuffer();
const progressive = await photo.clone().jpeg({ progressive: true }).toBuffer();
const fax = await photo
  .clone()
  .toColourspace('b-w')
  .tiff({ compression: 'ccittfax4', bitdepth: 1 })
  .toBuffer();

/** An uncompressed RGB TIFF, but for some entries. */
const tiff = (others: Entry[] = [], next: number | 'self' = 0, data: Uint8Array = pixels) =>
  encodeTiff(rgbEntries(WIDTH, HEIGHT, others), data, next);
/** The same with its data compressed. */
const packed = (compression: number, data: Uint8Array, others: Entry[] = []) =>
  tiff([[259, SHORT, 1, compression], [279, LONG, 1, data.length], ...others], 0, data);
const inYCbCr: Entry[] = [
  [262, SHORT, 1, 6],
  [530, SHORT, 2, shorts(2, 2)],
];
const twoStrips = (lengths: [number, number], offsets = [8, 8 + (WIDTH * HEIGHT * 3) / 2]): Entry[] => [
  [273, LONG, 2, longs(...offsets)],
  [278, LONG, 1, HEIGHT / 2],
  [279, LONG, 2, longs(...lengths)],
];
const half = (WIDTH * HEIGHT * 3) / 2;

const scan = findMarker(jpeg, 0xda);
const frame = findMarker(jpeg, 0xc0);
const middle = Math.floor(jpeg.length / 2);
const secondScan = progressive.indexOf(Buffer.of(0xff, 0xda), findMarker(progressive, 0xda) + 2);
/** Two blocks of grey, a restart after each, and the first of them numbered 5. */
const grey = await flat([128, 128, 128], 16, 8)
  .toColourspace('b-w')
  .jpeg({ optimiseCoding: false })
  .toBuffer();
const outOfTurn = Buffer.concat([
  insert(grey.subarray(0, -4), findMarker(grey, 0xda), jpegSegment(0xdd, Buffer.of(0, 1))),
  Buffer.of(0x2b, 0xff, 0xd5, 0x2b, 0xff, 0xd9),
]);
const jfif = (major: number, minor: number) =>
  jpegSegment(0xe0, Buffer.from([...Buffer.from('JFIF\0'), major, minor, 0, 0, 1, 0, 1, 0, 0]));

const files: Record<Meaning, Record<string, Uint8Array>> = {
  harmless: {
    'a tag of another type': tiff([[254, ASCII, 1, 0]]),
    'a tag of another count': tiff([[282, ASCII, 2, 0x61]]),
    'a negative orientation': tiff([[274, SSHORT, 1, 0xffff]]),
    'half a page number': tiff([[297, SHORT, 1, 0]]),
    'no bytes of XMP': tiff([[700, BYTE, 0, 0]]),
    'more IPTC than anything': tiff([[33_723, LONG, 0x7fffffff, FAR]]),
    'a profile of 200 MB': tiff([[34_675, UNDEFINED, 200_000_000, FAR]]),
    'a profile past the end': tiff([[34_675, UNDEFINED, 200, FAR]]),
    'a text without its end': tiff([[271, ASCII, 4, Buffer.from('abcd')]]),
    'a text with two ends': tiff([[271, ASCII, 4, Buffer.from('a\0b\0')]]),
    'a text of an unknown tag without its end': tiff([[42_112, ASCII, 10, Buffer.from('<GDAL>x</G')]]),
    'an unknown tag': tiff([[60_000, SHORT, 1, 3]]),
    'an unknown unit': tiff([[296, SHORT, 1, 77]]),
    'an orientation of 9': tiff([[274, SHORT, 1, 9]]),
    'a name of an ink too few': tiff([[333, ASCII, 3, Buffer.from('a\0b')]]),
    'directories in a circle': tiff([], 'self'),
    'a next directory past the end': tiff([], FAR),
    'a next directory that is not one': tiff([], 9),
    'a next directory with nothing in it': tiff(
      [],
      8 + pixels.length,
      Buffer.concat([pixels, Buffer.alloc(64)]),
    ),
    'tags in another order': encodeTiff(rgbEntries(WIDTH, HEIGHT).reverse(), pixels),
    'no count of bytes': encodeTiff(
      rgbEntries(WIDTH, HEIGHT).filter(([tag]) => tag !== 279),
      pixels,
    ),
    'a wrong count of bytes': tiff([[279, LONG, 1, 5]]),
    'a count of bytes that is a fraction': tiff([[279, 11, 1, 0x40a00000]]),
    'a channel that nothing is said of': encodeTiff(
      rgbEntries(WIDTH, HEIGHT, [
        [258, SHORT, 4, shorts(8, 8, 8, 8)],
        [277, SHORT, 1, 4],
        [279, LONG, 1, WIDTH * HEIGHT * 4],
      ]),
      await photo.clone().ensureAlpha(0.5).raw().toBuffer(),
    ),
    'bits of one channel too many': tiff([[258, SHORT, 4, shorts(8, 8, 8, 8)]]),
    'bits of one channel too few': tiff([[258, SHORT, 2, shorts(8, 8)]]),
    'LZW of before 1988': packed(5, encodeOldLzw(pixels)),
    'a progressive JPEG in a TIFF': packed(7, progressive, inYCbCr),
    'another JFIF revision': insert(jpeg, 2, jfif(0, 0)),
    'an unknown Adobe transform': insert(
      jpeg,
      2,
      jpegSegment(0xee, Buffer.from('Adobe\0\x64\0\0\0\0\x09', 'latin1')),
    ),
    'parameters of a progressive scan': patch(jpeg, scan + 11, [0, 0, 0]),
    'bytes between segments': insert(jpeg, scan, Buffer.of(1, 2, 3)),
    'several of these at once': insert(insert(jpeg, scan, Buffer.of(1, 2, 3)), 2, jfif(3, 7)),
  },
  damage: {
    'a strip cut short': tiff(twoStrips([half, half], [300, 300 + half]), 0, Buffer.alloc(0)).subarray(0),
    'a strip of no bytes': tiff(twoStrips([half, 0])),
    'a strip past the end': tiff(twoStrips([half, half], [8, FAR])),
    'deflate cut short': packed(8, deflateSync(pixels.subarray(0, 5000))),
    'deflate with other bytes in it': packed(
      8,
      Buffer.concat([deflateSync(pixels).subarray(0, 500), Buffer.alloc(2000, 0x55)]),
    ),
    'PackBits cut short': packed(32_773, Buffer.of(5, 1, 2, 3, 4, 5, 6, 0x81, 9)),
    'LZW that is not LZW': packed(5, Buffer.alloc(3000, 0x5a)),
    'fax with other bits in it': patch(fax, 20, new Uint8Array(20).fill(0x01)),
    'JPEG data in a TIFF that stop early': packed(7, patch(jpeg, middle, [0xff, 0xd3]), inYCbCr),
    'JPEG data that stop early': patch(jpeg, middle, [0xff, 0xd3]),
    'a code that is not one': patch(jpeg, scan + 40, new Uint8Array(60).fill(0xfe)),
    'a restart out of turn': encodeTiff(
      rgbEntries(16, 8, [
        [258, SHORT, 1, 8],
        [259, SHORT, 1, 7],
        [262, SHORT, 1, 1],
        [277, SHORT, 1, 1],
        [279, LONG, 1, outOfTurn.length],
      ]),
      outOfTurn,
    ),
    'a progression that skips': patch(
      progressive,
      secondScan + 4 + 2 * progressive[secondScan + 4]! + 3,
      [0x21],
    ),
    'a JPEG cut short': jpeg.subarray(0, -100),
    'damage behind another JFIF revision': patch(insert(jpeg, 2, jfif(0, 0)), middle + 100, [0xff, 0xd3]),
    'damage behind bytes between segments': patch(
      insert(jpeg, scan, Buffer.of(1, 2, 3)),
      middle + 100,
      [0xff, 0xd3],
    ),
    'damage behind an orientation of 9': tiff([[274, SHORT, 1, 9], ...twoStrips([half, 0])], FAR),
    'an order of bits that is none': tiff([[266, SHORT, 1, 7]]),
  },
  unsupported: {
    'LZMA in a TIFF': packed(34_925, pixels),
    'JPEG 2000 in a TIFF': packed(34_712, pixels),
    'tiles in planes': encodeTiff(
      rgbEntries(WIDTH, HEIGHT, [
        [284, SHORT, 1, 2],
        [322, SHORT, 1, WIDTH],
        [323, SHORT, 1, HEIGHT],
        [324, LONG, 3, longs(8, 8 + 3072, 8 + 6144)],
        [325, LONG, 3, longs(3072, 3072, 3072)],
      ]).filter(([tag]) => ![273, 278, 279].includes(tag)),
      pixels,
    ),
    '12 bits a sample': tiff([
      [258, SHORT, 1, 12],
      [262, SHORT, 1, 1],
      [277, SHORT, 1, 1],
    ]),
    'six channels': encodeTiff(
      rgbEntries(WIDTH, HEIGHT, [
        [258, SHORT, 6, shorts(8, 8, 8, 8, 8, 8)],
        [277, SHORT, 1, 6],
        [338, SHORT, 3, shorts(0, 0, 0)],
      ]),
      Buffer.concat([pixels, pixels]),
    ),
    'a 12-bit JPEG': patch(jpeg, frame + 4, [12]),
    'a hierarchical JPEG': patch(jpeg, frame + 1, [0xc5]),
  },
};

describe('a message of libvips', () => {
  for (const [meaning, some] of Object.entries(files)) {
    for (const [name, file] of Object.entries(some)) {
      test(`is ${meaning} where the photo has ${name}`, async (t) => {
        const { line } = judgeMessages([await provoke(file)]);
        t.diagnostic(line);
        const outcome = await decode(file).catch((error: unknown) => error);
        if (meaning === 'harmless') {
          const { pixels: seen } = outcome as Awaited<ReturnType<typeof decode>>;
          assert.ok(seen, String(outcome));
          assert.equal(Buffer.compare(seen.data, await wanted(file)), 0);
          return;
        }
        assert.ok(outcome instanceof Refusal, 'it is decoded');
        assert.equal(
          outcome.reason,
          meaning === 'damage' ? 'corrupt' : 'unsupported-format',
          outcome.message,
        );
      });
    }
  }

  test('that the table has is among these, every one, and means what it says there', async () => {
    const provoked: string[] = [];
    for (const file of Object.values(files).flatMap((some) => Object.values(some))) {
      provoked.push(...(await provoke(file)).split('\n'));
    }
    for (const [pattern, meaning] of MESSAGES) {
      const lines = provoked.filter((line) => pattern.test(judgeMessages([line]).line));
      assert.ok(lines.length > 0, `${pattern} is provoked by none`);
      for (const line of lines) assert.equal(judgeMessages([line]).meaning, meaning, line);
    }
  });

  test('is known whole, whatever its numbers, and what says something else besides is damage', async () => {
    const anywhere = ['"StripByteCounts" field, ', 'compression support is not configured'];
    const goesOn =
      /^(incorrect count|Null count|ASCII value|TIFF directory \d|Sanity check on directory|Failed to allocate|Sum of|Tag |The JPEG strip|libtiff should)/;
    for (const file of Object.values({ ...files.harmless, ...files.unsupported })) {
      for (const said of (await provoke(file)).split('\n')) {
        const { meaning, line } = judgeMessages([said]);
        if (line === '' || meaning === 'damage') continue;
        const numbered = line.replace(/(?<=[ =.])\d+(?=$|[ .,])/g, '1234');
        assert.equal(judgeMessages([numbered]).meaning, meaning, numbered);
        if (!anywhere.some((part) => line.includes(part)))
          assert.equal(judgeMessages([`a new one: ${line}`]).meaning, 'damage', line);
        if (!goesOn.test(line)) assert.equal(judgeMessages([`${line}, and more`]).meaning, 'damage', line);
      }
    }
  });

  test('that stands around another one says nothing, and is not what a refusal quotes', () => {
    const around = [
      'Input buffer has corrupt header:',
      'Warning treated as error due to failOn setting',
      'error in tile 12 x 345',
      'read gave 12 warnings',
      'source: bad seek to -123',
      'tiff2vips: Failed to read directory at offset 1234',
      'tiff2vips: read error',
      'vipspng: libpng read error',
      '  Value 12 of NumberOfInks is different from the number of inks 3.',
      '',
    ];
    const line = 'premature end of JPEG image';
    assert.deepEqual(judgeMessages(around), { meaning: 'harmless', line: '' });
    assert.deepEqual(judgeMessages([[...around, `VipsJpeg: ${line}  `].join('\n')]), {
      meaning: 'damage',
      line,
    });
    assert.deepEqual(judgeMessages([`Input buffer has corrupt header: VipsJpeg: ${line}`, ...around]), {
      meaning: 'damage',
      line,
    });
    for (const each of around.slice(0, -1)) {
      assert.equal(judgeMessages([`and ${each}`]).meaning, 'damage', each);
    }
  });

  test('that nobody has sorted counts as damage', () => {
    assert.deepEqual(judgeMessages(['tiff2vips: heif/2vips: something new']), {
      meaning: 'damage',
      line: 'something new',
    });
    assert.equal(judgeMessages([]).meaning, 'harmless');
  });

  test('decides by its worst line, whatever stands first', () => {
    const lines = [
      'tiff2vips: source input: Bad value 9 for "Orientation" tag',
      'tiff2vips: Not enough data at scanline 3',
      'tiff2vips: read error',
    ];
    assert.deepEqual(judgeMessages([lines.join('\n')]), {
      meaning: 'damage',
      line: 'Not enough data at scanline 3',
    });
  });

  test('about a tag that pixels depend on is damage where the same about another is not', () => {
    for (const [tag, meaning] of [
      ['Artist', 'harmless'],
      ['ColorMap', 'damage'],
      ['TileOffsets', 'damage'],
    ] as const) {
      assert.equal(judgeMessages([`Incompatible type for "${tag}"; tag ignored`]).meaning, meaning);
    }
    const without = new Set<number>([TAG.Orientation, TAG.IccProfile]);
    const pixelTags = Object.values(TAG).filter((tag) => !without.has(tag));
    for (const [tags, meaning] of [
      [pixelTags, 'damage'],
      [[...without, 270, 333, 33_723], 'harmless'],
    ] as const) {
      for (const tag of tags) {
        const line = `Requested memory size for tag ${tag} (0x1) 9 is greater than filesize 8. Memory not allocated, tag not read`;
        assert.equal(judgeMessages([line]).meaning, meaning, line);
      }
    }
  });
});

/** Everything that libvips says of a file, warnings among it. */
async function provoke(file: Uint8Array): Promise<string> {
  const said: string[] = [];
  for (const failOn of ['warning', 'error'] as const) {
    const input = sharp(file, { failOn }).on('warning', (warning: string) => said.push(warning));
    await input
      .raw()
      .toBuffer()
      .catch(({ message }: Error) => said.push(message));
  }
  return said.join('\n');
}

async function wanted(file: Uint8Array): Promise<Buffer> {
  const isTiff = file[0] === 0x49;
  if (!isTiff) return sharp(jpeg).raw().toBuffer();
  const isJpeg = Buffer.from(file).includes(Buffer.of(0xff, 0xd8, 0xff));
  return isJpeg ? sharp(progressive).raw().toBuffer() : pixels;
}

/** LZW as early versions of libtiff wrote it, bits from the lowest: every byte as it is, cleared before codes grow. */
function encodeOldLzw(bytes: Uint8Array): Buffer {
  const [CLEAR, END] = [256, 257];
  const codes = [...bytes].flatMap((byte, i) => (i % 200 === 0 ? [CLEAR, byte] : [byte]));
  const out = Buffer.alloc(Math.ceil(((codes.length + 1) * 9) / 8));
  for (const [i, code] of [...codes, END].entries()) {
    for (let bit = 0; bit < 9; bit++)
      if ((code >> bit) & 1) out[(i * 9 + bit) >> 3]! |= 1 << ((i * 9 + bit) & 7);
  }
  return out;
}
