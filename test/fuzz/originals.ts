/** Small photos of every format and of the ways to write it, made anew each time; HEICs come from test/fixtures. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { animatedWebp, avifGrid, tiffOfJpegTile } from '../fixtures/bombs.ts';
import { jpegOfScans } from '../fixtures/jpeg-scans.ts';
import { adobeRgbProfile, scene, ultraHdr, withProfile } from '../fixtures/photos.ts';

export interface Original {
  /** What it is, such as `progressive JPEG`. */
  name: string;
  /** How its file's name ends. */
  extension: string;
  bytes: Buffer;
}

const HEICS = join(import.meta.dirname, '..', 'fixtures', 'heic');

/** Makes them, in the same order each time. */
export async function makeOriginals(): Promise<Original[]> {
  const photo = scene(96, 72);
  const turned = photo.clone().withMetadata({ orientation: 6 });
  const frames = await Promise.all([1, 2, 3].map((seed) => scene(40, 30, seed).png().toBuffer()));
  const animation = sharp(frames, { join: { animated: true } });
  const written: [name: string, extension: string, file: Sharp][] = [
    ['JPEG', 'jpg', photo.clone().jpeg()],
    ['progressive JPEG', 'jpg', turned.clone().jpeg({ progressive: true })],
    ['grey JPEG', 'jpg', photo.clone().greyscale().jpeg({ optimizeCoding: true })],
    ['CMYK JPEG', 'jpg', photo.clone().toColourspace('cmyk').jpeg()],
    ['PNG', 'png', turned.clone().png()],
    ['interlaced PNG', 'png', photo.clone().png({ progressive: true })],
    ['palette PNG', 'png', photo.clone().png({ palette: true, colours: 16 })],
    ['16-bit PNG with alpha', 'png', photo.clone().ensureAlpha(0.5).toColourspace('rgb16').png()],
    ['WebP', 'webp', photo.clone().webp()],
    ['lossless WebP with alpha', 'webp', turned.clone().ensureAlpha(0.5).webp({ lossless: true })],
    ['GIF', 'gif', photo.clone().gif()],
    ['animated GIF', 'gif', animation.clone().gif()],
    ['animated WebP', 'webp', animation.clone().webp()],
    ['TIFF', 'tiff', photo.clone().tiff({ compression: 'none' })],
    ['LZW TIFF', 'tiff', turned.clone().tiff({ compression: 'lzw', predictor: 'horizontal' })],
    ['deflated TIFF', 'tiff', photo.clone().tiff({ compression: 'deflate', predictor: 'none' })],
    ['packed TIFF', 'tiff', photo.clone().tiff({ compression: 'packbits' })],
    ['JPEG in a TIFF', 'tiff', photo.clone().tiff({ compression: 'jpeg' })],
    [
      'tiled TIFF',
      'tiff',
      photo.clone().tiff({ tile: true, tileWidth: 32, tileHeight: 32, compression: 'lzw' }),
    ],
    [
      'tiled JPEG in a TIFF',
      'tiff',
      photo.clone().tiff({ tile: true, tileWidth: 32, tileHeight: 32, compression: 'jpeg' }),
    ],
    ['fax TIFF', 'tiff', photo.clone().toColourspace('b-w').tiff({ bitdepth: 1, compression: 'ccittfax4' })],
    ['AVIF', 'avif', turned.clone().avif({ effort: 0 })],
    ['10-bit AVIF with alpha', 'avif', photo.clone().ensureAlpha(0.5).avif({ effort: 0, bitdepth: 10 })],
  ];
  const originals: Original[] = [];
  for (const [name, extension, file] of written) {
    originals.push({ name, extension, bytes: await file.toBuffer() });
  }
  const scans = { width: 96, height: 72, kind: 'refine' } as const;
  return [
    ...originals,
    {
      name: 'JPEG with a profile',
      extension: 'jpg',
      bytes: withProfile(originals[0]!.bytes, adobeRgbProfile()),
    },
    { name: 'Ultra HDR JPEG', extension: 'jpg', bytes: await ultraHdr(photo.clone()) },
    {
      name: 'JPEG of 40 scans',
      extension: 'jpg',
      bytes: jpegOfScans({ ...scans, components: 3, scans: 40 }),
    },
    {
      name: 'arithmetic JPEG',
      extension: 'jpg',
      bytes: jpegOfScans({ ...scans, components: 3, scans: 20, arithmetic: true }),
    },
    {
      name: 'TIFF of one JPEG',
      extension: 'tiff',
      bytes: tiffOfJpegTile(jpegOfScans({ ...scans, width: 64, height: 64, components: 1, scans: 5 }), 64),
    },
    { name: 'AVIF of tiles', extension: 'avif', bytes: await avifGrid(64, 2, 2, 100) },
    { name: 'WebP of 20 frames', extension: 'webp', bytes: await animatedWebp(20) },
    ...readdirSync(HEICS)
      .filter((file) => file.endsWith('.heic'))
      .sort()
      .map((file) => ({ name: `HEIC ${file}`, extension: 'heic', bytes: readFileSync(join(HEICS, file)) })),
  ];
}
