/** Photos that cost much for what they are: every format, in every way that makes it dear. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { exifKnot, heifGrid, jpegWithExif } from '../../test/fixtures/bombs.ts';
import { jpegOfScans } from '../../test/fixtures/jpeg-scans.ts';
import { insert, jpegSegment, scene } from '../../test/fixtures/photos.ts';

export interface Kind {
  name: string;
  /** Share of the limit on pixels that it may have, 1 unless told. */
  share?: number;
  /** Pixels of a side, 32,767 unless told. */
  maxSide?: number;
  /** @param pixels that a photo may have, for what smaller ones may have more of */
  write(size: Size, pixels: number): Promise<Buffer>;
}

export interface Size {
  width: number;
  height: number;
}

/** Made larger than stored, so that the file stays within its limit. */
const picture = async ({ width, height }: Size): Promise<Sharp> => {
  const small = scene(Math.ceil(width / 8), Math.ceil(height / 8));
  const png = await small.png({ compressionLevel: 1 }).toBuffer();
  return sharp(png, { limitInputPixels: false }).resize(width, height, { fit: 'fill', kernel: 'nearest' });
};

/** A kind that sharp writes; `ways` tell in which. */
function written(format: string, ways: Record<string, boolean>, encode: (photo: Sharp) => Sharp): Kind {
  const told = Object.keys(ways).filter((way) => ways[way]);
  return {
    name: [format, ...told].join(', '),
    async write(size) {
      let photo = await picture(size);
      if (ways.grey) photo = photo.greyscale();
      if (ways.alpha) photo = photo.ensureAlpha(0.5);
      if (ways.CMYK) photo = photo.toColourspace('cmyk');
      if (ways['16 bits']) photo = photo.toColourspace('rgb16');
      if (ways['Display P3']) photo = photo.withIccProfile('p3');
      if (ways.turned) photo = photo.withMetadata({ orientation: 6 });
      return encode(photo).toBuffer();
    },
  };
}

/** Every way beside every other one. */
function* products(...ways: string[]): Generator<Record<string, boolean>> {
  for (let bits = 0; bits < 2 ** ways.length; bits++) {
    yield Object.fromEntries(ways.map((way, i) => [way, (bits & (1 << i)) !== 0]));
  }
}

function* writtenKinds(): Generator<Kind> {
  const chromaSubsampling = '4:4:4';
  for (const ways of products('progressive', 'CMYK', 'Display P3', 'turned')) {
    if (ways.CMYK && ways['Display P3']) continue;
    yield written('JPEG', ways, (photo) => photo.jpeg({ progressive: ways.progressive!, chromaSubsampling }));
  }
  for (const ways of products('interlaced', '16 bits', 'alpha', 'Display P3', 'turned')) {
    const share = ways.interlaced && ways['16 bits'] ? 0.5 : 1;
    const encode = (photo: Sharp) => photo.png({ compressionLevel: 1, progressive: ways.interlaced! });
    yield { ...written('PNG', ways, encode), share };
  }
  for (const ways of products('lossless', 'alpha', 'turned')) {
    const kind = written('WebP', ways, (photo) => photo.webp({ effort: 0, lossless: ways.lossless! }));
    yield { ...kind, maxSide: 16_383 };
  }
  for (const ways of products('interlaced', 'alpha')) {
    yield written('GIF', ways, (photo) =>
      photo.gif({ effort: 1, colours: 16, progressive: ways.interlaced! }),
    );
  }
  for (const compression of ['none', 'lzw', 'deflate', 'jpeg', 'packbits'] as const) {
    for (const ways of products('tiled', '16 bits', 'turned')) {
      if (compression === 'jpeg' && ways['16 bits']) continue;
      if (compression === 'none' || compression === 'packbits') continue; // over 50 MB as stored
      const tile = { tile: ways.tiled!, tileWidth: 256, tileHeight: 256 };
      yield written(`TIFF, ${compression}`, ways, (photo) => photo.tiff({ compression, ...tile }));
    }
  }
  for (const ways of products('alpha', '10 bits', 'turned')) {
    const bitdepth = ways['10 bits'] ? 10 : 8;
    const encode = (photo: Sharp) => photo.avif({ effort: 0, quality: 40, bitdepth, chromaSubsampling });
    yield { ...written('AVIF', ways, encode), share: 0.5, maxSide: 16_384 };
  }
}

/** As many as the limits let a JPEG of this size have. */
const scansOf = ({ width, height }: Size, pixels: number, arithmetic = false) =>
  Math.min(500, Math.floor(((arithmetic ? 4 : 64) * pixels) / (width * height)));

function* craftedKinds(): Generator<Kind> {
  for (const kind of ['again', 'refine'] as const) {
    for (const arithmetic of [false, true]) {
      yield {
        name: `JPEG of scans that ${kind === 'again' ? 'repeat' : 'refine'}${arithmetic ? ', arithmetic' : ''}`,
        write: async (size, pixels) =>
          jpegOfScans({ ...size, components: 4, kind, arithmetic, scans: scansOf(size, pixels, arithmetic) }),
      };
    }
  }
  yield {
    name: 'JPEG of scans that refine, decoded twice for a stray byte at its end',
    async write(size, pixels) {
      const jpeg = jpegOfScans({ ...size, components: 4, kind: 'refine', scans: scansOf(size, pixels) });
      return insert(jpeg, jpeg.length - 2, Buffer.of(7));
    },
  };
  yield {
    name: 'JPEG, progressive, CMYK, turned, 40 MB of segments',
    async write(size) {
      const photo = (await picture(size)).toColourspace('cmyk').withMetadata({ orientation: 6 });
      const jpeg = await photo
        .jpeg({ progressive: true, chromaSubsampling: '4:4:4', quality: 30 })
        .toBuffer();
      const room = Math.floor((49_000_000 - jpeg.length) / 65_537);
      const segments = Array.from({ length: Math.max(0, room) }, () =>
        jpegSegment(0xe5, Buffer.alloc(65_533)),
      );
      return insert(jpeg, 2, Buffer.concat(segments));
    },
  };
  yield {
    name: 'JPEG, EXIF of 16 directories that point to each other',
    write: async (size) => jpegWithExif(await (await picture(size)).jpeg().toBuffer(), exifKnot(16)),
  };
}

/** Put together of one tile of noise (make_tiles.py), as nothing here writes HEVC. */
function* heicKinds(): Generator<Kind> {
  for (const [name, bits] of [
    ['8-bit-420', 8],
    ['12-bit-444', 12],
  ] as const) {
    for (const ways of products('alpha', 'turned')) {
      const told = Object.keys(ways).filter((way) => ways[way]);
      yield {
        name: ['HEIC', name, ...told].join(', '),
        share: ways.alpha ? 0.3125 : 0.5, // with alpha each pixel counts twice, and 5 may be decoded for 4
        async write({ width, height }) {
          const [columns, rows] = [Math.max(1, width >> 8), Math.max(1, height >> 8)];
          const size = { width: Math.min(width, columns * 256), height: Math.min(height, rows * 256) };
          const tile = readFileSync(join(import.meta.dirname, `tile-${name}.heic`));
          return heifGrid(tile, { tile: 256, rows, columns, bits, ...size, ...ways });
        },
      };
    }
  }
}

export const KINDS: Kind[] = [...writtenKinds(), ...heicKinds(), ...craftedKinds()];
