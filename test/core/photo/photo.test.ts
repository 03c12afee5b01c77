import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { RefusalReason } from '../../../functions/core/errors.ts';
import { type DecodedPhoto, decodePhoto } from '../../../functions/core/photo/photo.ts';
import {
  adobeRgbProfile,
  flat,
  fromPixels,
  patch,
  QUADRANTS,
  quadrants,
  type Rgb,
  scene,
  setTiffValue,
  ultraHdr,
  withProfile,
  withTiffEntries,
} from '../../fixtures/photos.ts';
import { assertRefused } from './refused.ts';

const limits = { maxBytes: 20_000_000, maxPixels: 20_000_000 };
const decode = (bytes: Uint8Array) => decodePhoto(bytes, limits);

const FORMATS: Record<string, { format: string; encode: (photo: Sharp) => Sharp }> = {
  JPEG: { format: 'jpeg', encode: (photo) => photo.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }) },
  'progressive JPEG': { format: 'jpeg', encode: (photo) => photo.jpeg({ quality: 95, progressive: true }) },
  PNG: { format: 'png', encode: (photo) => photo.png() },
  'interlaced PNG': { format: 'png', encode: (photo) => photo.png({ progressive: true }) },
  'palette PNG': { format: 'png', encode: (photo) => photo.png({ palette: true, colours: 16 }) },
  '16-bit PNG': { format: 'png', encode: (photo) => photo.toColourspace('rgb16').png() },
  WebP: { format: 'webp', encode: (photo) => photo.webp({ quality: 95 }) },
  'lossless WebP': { format: 'webp', encode: (photo) => photo.webp({ lossless: true }) },
  GIF: { format: 'gif', encode: (photo) => photo.gif() },
  TIFF: { format: 'tiff', encode: (photo) => photo.tiff({ compression: 'lzw' }) },
  AVIF: { format: 'avif', encode: (photo) => photo.avif({ quality: 90, effort: 0 }) },
  '10-bit AVIF': { format: 'avif', encode: (photo) => photo.avif({ quality: 90, effort: 0, bitdepth: 10 }) },
};

describe('recognising a photo by its content', () => {
  for (const [name, { format, encode }] of Object.entries(FORMATS)) {
    test(`decodes a ${name} to upright 8-bit RGB of its own size`, async () => {
      const photo = await decode(await encode(quadrants(48, 32)).toBuffer());
      assert.equal(photo.format, format);
      assert.deepEqual([photo.pixels.width, photo.pixels.height], [48, 32]);
      assert.equal(photo.pixels.data.length, 48 * 32 * 3);
      // Lossy formats at quality 90 and above move a flat colour by a few levels.
      assertCorners(photo, QUADRANTS, 6);
    });
  }

  test('an Ultra HDR JPEG is the JPEG that every viewer shows', async () => {
    const file = await ultraHdr(scene(64, 48));
    const viewed = file.subarray(0, file.indexOf(Buffer.of(0xff, 0xd8, 0xff), 2));
    assert.deepEqual((await decode(file)).pixels, (await decode(viewed)).pixels);
  });

  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
  // What the refusal calls them, and how they begin.
  const others: [string, Uint8Array | string][] = [
    ['an SVG', svg],
    ['an SVG', `<?xml version="1.0"?>\n<!-- from a drawing -->\n${svg}`],
    ['a gzip file', gzipSync(svg)],
    ['a PDF', '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <<>> endobj'],
    ['a BMP', 'BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0'],
    ['text', 'this is not an image\n'],
    ['text', '\xff\xfet\0e\0x\0t\0'],
    ['an HTML page', '<!doctype html><title>503</title>'],
    ['an HTML page', '\xef\xbb\xbf\n<!-- proxy -->\n<HTML><body>Not found</body></HTML>'],
    ['an XML file', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['a PNM (PBM, PGM, PPM or PAM)', 'P6 1 1 255\nabc'],
    ['a JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n'],
    ['a JPEG XL', '\xff\x0a\xfa\x1f\x01\x91\x08\x06\x01\x00\x54\x00'],
    ['a JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 '],
    ['a JPEG 2000', '\xff\x4f\xff\x51\0\x2f\0\0'],
    ['a JPEG-LS', '\xff\xd8\xff\xf7\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0'],
    ['a 12-bit JPEG', '\xff\xd8\xff\xc1\0\x0b\x0c\0\x10\0\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0'],
    ['a lossless JPEG', '\xff\xd8\xff\xc3\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\0\0'],
    ['an MP4 video or another ISO media file', '\0\0\0\x18ftypisom\0\0\0\0isommp42'],
    ['a QuickTime video', '\0\0\0\x14ftypqt  \0\0\0\0qt  '],
    ['a camera raw file (Canon CR3)', '\0\0\0\x18ftypcrx \0\0\0\x01crx isom'],
    ['a sound file (WAV)', 'RIFF\x24\0\0\0WAVEfmt '],
    ['a Photoshop file', '8BPS\0\x01\0\0\0\0\0\0\0\x03'],
    ['an icon (ICO)', '\0\0\x01\0\x01\0\x10\x10\0\0\x01\0'],
    ['a ZIP archive', 'PK\x03\x04\x14\0\0\0'],
    ['a macOS metadata file (._ or AppleDouble)', '\0\x05\x16\x07\0\x02\0\0'],
    ['not a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC by its content', '\xff'],
    ['not a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC by its content', 'BM\0\x01\x02\x03 is how these begin'],
  ];
  for (const [name, bytes] of others) {
    test(`refuses what is ${name}, whatever its file's name says`, async () => {
      const what = name.replace(/[()]/g, '\\$&');
      await refused(
        Buffer.from(bytes as string, 'latin1'),
        'unsupported-format',
        new RegExp(`^The photo is ${what}: (convert it to JPEG or PNG|upload the photo itself)\\.$`),
      );
    });
  }

  test('no decoder but the six can be reached, even where a caller would ask libvips to guess', async () => {
    await assert.rejects(sharp(Buffer.from(svg)).toBuffer(), /unsupported image format/);
  });

  test('refuses a camera raw file, whose first TIFF image is only its preview', async () => {
    const preview = await scene(64, 48).tiff({ compression: 'none' }).toBuffer();
    const NEW_SUBFILE_TYPE = 254;
    await refused(
      withTiffEntries(preview, [[NEW_SUBFILE_TYPE, 1]], 'first'),
      'unsupported-format',
      /is a camera raw file \(DNG, NEF, ARW, CR2\): convert/,
    );
    const whole = await decode(withTiffEntries(preview, [[NEW_SUBFILE_TYPE, 0]], 'first'));
    assert.deepEqual([whole.pixels.width, whole.pixels.height], [64, 48]);
    await refused(
      patch(preview, 8, Buffer.from('CR\x02\0', 'latin1')),
      'unsupported-format',
      /is a camera raw file/,
    );
  });
});

describe('colour', () => {
  test('alpha is flattened on white', async () => {
    const pixels = Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 128, 200, 100, 50, 255);
    // 255 + (c − 255) × 128 / 255, rounded down as libvips does
    const expected = [255, 255, 255, 227, 177, 152, 200, 100, 50];
    for (const encode of [FORMATS.PNG, FORMATS['lossless WebP'], FORMATS.TIFF, FORMATS['16-bit PNG']]) {
      const photo = await decode(await encode!.encode(fromPixels(pixels, 3, 1)).toBuffer());
      assert.deepEqual([...photo.pixels.data], expected, photo.format);
    }
  });

  test('transparent colours of a palette are white', async () => {
    const photo = fromPixels(Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 255), 2, 1);
    assert.deepEqual(
      [...(await decode(await photo.png({ palette: true }).toBuffer())).pixels.data],
      [255, 255, 255, 200, 100, 50],
    );
    assert.deepEqual(
      [...(await decode(await photo.gif().toBuffer())).pixels.data],
      [255, 255, 255, 200, 100, 50],
    );
  });

  test('grey, with alpha, in 16 bits or in one, becomes three equal channels', async () => {
    const half = flat([100, 100, 100, 128]);
    assert.deepEqual(
      first(await decode(await flat([100, 100, 100]).toColourspace('b-w').png().toBuffer())),
      [100, 100, 100],
    );
    assert.deepEqual(
      first(await decode(await flat([100, 100, 100]).toColourspace('b-w').jpeg().toBuffer())),
      [100, 100, 100],
    );
    assert.deepEqual(
      first(await decode(await flat([100, 100, 100]).toColourspace('grey16').png().toBuffer())),
      [100, 100, 100],
    );
    assert.deepEqual(first(await decode(await half.toColourspace('b-w').png().toBuffer())), [177, 177, 177]);
    const black = flat([0, 0, 0]).toColourspace('b-w').tiff({ bitdepth: 1, compression: 'ccittfax4' });
    assert.deepEqual(first(await decode(await black.toBuffer())), [0, 0, 0]);
  });

  test('16-bit levels come down to the 8-bit levels they were made from', async () => {
    const ramp = fromPixels(
      Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3)),
      256,
      1,
    );
    const { pixels } = await decode(await ramp.clone().toColourspace('rgb16').png().toBuffer());
    assert.deepEqual(pixels.data, new Uint8Array(await ramp.raw().toBuffer()));
  });

  test('a CMYK JPEG becomes sRGB: paper is white, ink is dark, a colour comes back', async () => {
    // Through a printer's narrower range and back, in 8 bits.
    const cmyk = (colour: Rgb) => flat(colour).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    assertNear(first(await decode(await cmyk([255, 255, 255]))), [255, 255, 255], 2);
    assertNear(first(await decode(await cmyk([120, 110, 100]))), [120, 110, 100], 12);
    // Black ink on paper is not the black of a screen.
    assertNear(first(await decode(await cmyk([0, 0, 0]))), [20, 20, 20], 25);
  });

  test('an embedded Adobe RGB profile is converted to sRGB', async () => {
    const stored: Rgb = [150, 120, 80];
    const jpeg = await flat(stored).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const expected = adobeToSrgb(stored);
    assert.ok(Math.abs(expected[0] - stored[0]) > 5, 'the profile makes a difference');
    assertNear(first(await decode(withProfile(jpeg, adobeRgbProfile()))), expected, 2);
    assertNear(first(await decode(jpeg)), stored, 1);
  });

  for (const name of ['JPEG', 'PNG', '16-bit PNG', 'WebP', 'TIFF', 'AVIF', '10-bit AVIF']) {
    for (const profile of ['p3', 'srgb']) {
      test(`an embedded ${profile} profile in a ${name} is converted to sRGB`, async () => {
        const colour: Rgb = [200, 100, 50];
        const photo = await decode(
          await FORMATS[name]!.encode(flat(colour).withIccProfile(profile)).toBuffer(),
        );
        // Stored in P3 it is 187, 105, 61: a profile ignored, or applied twice, is off by over 10.
        assertNear(first(photo), colour, 4);
      });
    }
  }

  describe('a large JPEG', () => {
    // Larger than where it starts to pay to look at the profile.
    const large = (photo: Sharp) =>
      photo.resize(1600, 1300, { kernel: 'nearest', fit: 'fill' }).jpeg({ quality: 95 });

    test('in Display P3, Adobe RGB or CMYK is converted to sRGB as a small one is', async () => {
      const stored: Rgb = [150, 120, 80];
      const jpeg = await large(flat(stored)).toBuffer();
      assertNear(first(await decode(withProfile(jpeg, adobeRgbProfile()))), adobeToSrgb(stored), 2);
      const p3 = await large(flat([200, 100, 50]).withIccProfile('p3')).toBuffer();
      assertNear(first(await decode(p3)), [200, 100, 50], 4);
      const cmyk = (photo: Sharp) => photo.withIccProfile('cmyk').toColourspace('cmyk');
      const small = await cmyk(flat([120, 110, 100]))
        .jpeg({ quality: 95 })
        .toBuffer();
      assertNear(
        first(await decode(await cmyk(large(flat([120, 110, 100]))).toBuffer())),
        first(await decode(small)),
        1,
      );
    });

    test('with a damaged profile is what a small one with that profile is', async () => {
      const damaged = adobeRgbProfile().subarray(0, 200);
      const [small, whole] = [flat([200, 100, 50]).jpeg({ quality: 95 }), large(flat([200, 100, 50]))];
      const expected = first(await decode(withProfile(await small.toBuffer(), damaged)));
      assertNear(first(await decode(withProfile(await whole.toBuffer(), damaged))), expected, 1);
    });

    test('with the profile of sRGB itself gives the pixels that it gives without', async () => {
      const plain = await large(scene(160, 130)).toBuffer();
      const { icc } = await sharp(await flat([0, 0, 0]).withIccProfile('srgb').jpeg().toBuffer()).metadata();
      assert.deepEqual((await decode(withProfile(plain, icc!))).pixels, (await decode(plain)).pixels);
    });
  });

  test('a profile that makes no sense is ignored', async () => {
    const jpeg = await flat([200, 100, 50]).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    assertNear(first(await decode(withProfile(jpeg, Buffer.alloc(300, 7)))), [200, 100, 50], 1);
  });
});

describe('EXIF orientation', () => {
  // Which stored quarter ends up top left, top right, bottom left, bottom right (EXIF 2.32, Orientation).
  const seen: Record<number, [number, number, number, number]> = {
    1: [0, 1, 2, 3],
    2: [1, 0, 3, 2],
    3: [3, 2, 1, 0],
    4: [2, 3, 0, 1],
    5: [0, 2, 1, 3],
    6: [2, 0, 3, 1],
    7: [3, 1, 2, 0],
    8: [1, 3, 0, 2],
  };
  for (const [orientation, quarters] of Object.entries(seen)) {
    test(`${orientation} is undone in JPEG, PNG and WebP`, async () => {
      const upright = Number(orientation) < 5 ? [48, 32] : [32, 48];
      for (const name of ['JPEG', 'PNG', 'WebP']) {
        const stored = quadrants(48, 32).withMetadata({ orientation: Number(orientation) });
        const photo = await decode(await FORMATS[name]!.encode(stored).toBuffer());
        assert.deepEqual([photo.pixels.width, photo.pixels.height], upright, name);
        assertCorners(
          photo,
          quarters.map((quarter) => QUADRANTS[quarter]!),
          8,
        );
      }
    });
  }
});

describe('animation', () => {
  test('the first frame of a GIF or WebP is the photo', async () => {
    const frames = await Promise.all(
      [
        [220, 40, 30],
        [40, 190, 60],
        [30, 60, 200],
      ].map((colour) => flat(colour).png().toBuffer()),
    );
    const animation = () => sharp(frames, { join: { animated: true } });
    for (const file of [
      await animation().gif().toBuffer(),
      await animation().webp({ lossless: true }).toBuffer(),
    ]) {
      const photo = await decode(file);
      assert.deepEqual([photo.pixels.width, photo.pixels.height], [16, 16]);
      assert.deepEqual(first(photo), [220, 40, 30]);
    }
  });
});

test('a JPEG of 12 megapixels is decoded whole: nothing is shrunk', async () => {
  const photo = await decode(await quadrants(4032, 3024).jpeg().toBuffer());
  assert.deepEqual([photo.pixels.width, photo.pixels.height], [4032, 3024]);
  // A flat colour at JPEG quality 80.
  assertCorners(photo, QUADRANTS, 3);
});

describe('limits', () => {
  test('a photo of exactly the allowed bytes is decoded, one more is refused', async () => {
    const bytes = await quadrants(48, 32).jpeg().toBuffer();
    await decodePhoto(bytes, { ...limits, maxBytes: bytes.length });
    const maxBytes = bytes.length - 1;
    await refused(
      bytes,
      'too-many-bytes',
      new RegExp(`has ${bytes.length} bytes; the limit is ${maxBytes}`),
      { ...limits, maxBytes },
    );
  });

  for (const [name, { format, encode }] of Object.entries(FORMATS)) {
    test(`a ${name} of exactly the allowed pixels is decoded, one more is refused with its size`, async () => {
      const bytes = await encode(quadrants(48, 32)).toBuffer();
      // libheif holds an AVIF several times over: it may have half as many.
      const allowed = 48 * 32 * (format === 'avif' ? 2 : 1);
      await decodePhoto(bytes, { ...limits, maxPixels: allowed });
      await refused(bytes, 'too-many-pixels', /has 48 × 32 = 1536 pixels; the limit is (1535|767)/, {
        ...limits,
        maxPixels: allowed - 1,
      });
    });
  }

  test('a 16-bit interlaced PNG, which libpng holds whole, may have half the pixels', async () => {
    const bytes = await quadrants(48, 32).toColourspace('rgb16').png({ progressive: true }).toBuffer();
    await refused(bytes, 'too-many-pixels', /the limit is 1535/, { ...limits, maxPixels: 48 * 32 * 2 - 1 });
  });

  test('a GIF whose first frame is larger than its screen is held to the limit', async () => {
    const gif = patch(await quadrants(48, 32).gif().toBuffer(), 6, [10, 0, 8, 0]);
    await refused(gif, 'too-many-pixels', /more pixels than the limit of 1000/, {
      ...limits,
      maxPixels: 1000,
    });
  });

  test('a small file that claims to be huge is refused without being decoded', async () => {
    const [png, jpeg, gif, webp, tiff, avif] = await Promise.all(
      ['PNG', 'JPEG', 'GIF', 'WebP', 'TIFF', 'AVIF'].map((name) =>
        FORMATS[name]!.encode(quadrants(48, 32)).toBuffer(),
      ),
    );
    const canvas = Buffer.concat([
      Buffer.from('RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0', 'latin1'),
      Buffer.alloc(6, 0xff),
      webp!.subarray(12),
    ]);
    const huge = {
      png: patch(png!, 16, [0, 1, 0, 0, 0, 1, 0, 0]),
      jpeg: patch(jpeg!, jpeg!.indexOf(Buffer.of(0xff, 0xc0)) + 5, [0xff, 0xff, 0xff, 0xff]),
      gif: patch(gif!, 6, [0xff, 0xff, 0xff, 0xff]),
      webp: canvas,
      tiff: setTiffValue(setTiffValue(tiff!, 256, 100_000), 257, 100_000),
      avif: patch(avif!, avif!.indexOf('ispe') + 8, [0, 1, 0, 0, 0, 1, 0, 0]),
    };
    const before = process.resourceUsage().maxRSS;
    for (const [name, bytes] of Object.entries(huge)) {
      await refused(bytes, 'too-many-pixels', /the limit is \d+/);
      // The smallest of them would take 12 GB. 64 MB is room for whatever else the process does meanwhile.
      const grown = process.resourceUsage().maxRSS - before;
      assert.ok(grown < 64 * 1024, `${name} was decoded: ${grown} KB more`);
    }
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

/** Colours a fifth of the way in from each corner: top left, top right, bottom left, bottom right. */
function assertCorners(
  { pixels: { data, width, height } }: DecodedPhoto,
  colours: ArrayLike<number>[],
  tolerance: number,
) {
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
    return data.subarray(offset, offset + 3);
  };
  const corners = [at(0.2, 0.2), at(0.8, 0.2), at(0.2, 0.8), at(0.8, 0.8)];
  for (const [i, corner] of corners.entries()) assertNear(corner, colours[i]!, tolerance);
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  for (let i = 0; i < expected.length; i++) {
    const message = `${Array.from(actual)} is not within ${tolerance} of ${Array.from(expected)}`;
    assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, message);
  }
}

/** The pixel in the middle, as numbers. */
function first({ pixels: { data, width, height } }: DecodedPhoto): number[] {
  const offset = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 3;
  return [...data.subarray(offset, offset + 3)];
}

/** Adobe RGB (1998) levels to sRGB levels by their definitions: power curve, D50 matrices, IEC 61966-2-1. */
function adobeToSrgb(levels: Rgb): Rgb {
  const [r, g, b] = levels.map((level) => (level / 255) ** 2.19921875) as Rgb;
  const x = 0.60974 * r + 0.20528 * g + 0.14919 * b;
  const y = 0.31111 * r + 0.62567 * g + 0.06322 * b;
  const z = 0.01947 * r + 0.06087 * g + 0.74457 * b;
  const linear = [
    3.1338561 * x - 1.6168667 * y - 0.4906146 * z,
    -0.9787684 * x + 1.9161415 * y + 0.033454 * z,
    0.0719453 * x - 0.2289914 * y + 1.4052427 * z,
  ];
  return linear.map((v) => 255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)) as Rgb;
}
