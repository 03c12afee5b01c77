/**
 * What the costliest photos within the limits take: `npx tsx bench/photo-memory.ts [megapixels]` (65 unless told).
 *
 * Each kind of photo is made as large as the limit on pixels lets it be, then decoded and featurized by a process
 * of its own, whose peak memory is what is printed: Node, the model and the photo's bytes included.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import { openSession } from '../functions/adapters/onnx.ts';
import { decodePhoto } from '../functions/core/photo/photo.ts';
import { scene } from '../test/fixtures/photos.ts';

const MODEL = join(import.meta.dirname, '..', 'build', 'model', 'mobilenetv2.onnx');
const turned = { orientation: 6 };
const wide = { progressive: true, chromaSubsampling: '4:4:4' };

/** How to write each kind, and where it differs: the share of the limit it may have, and its shape. */
const KINDS: Record<string, { write: (photo: Sharp) => Sharp; share?: number; aspect?: number }> = {
  JPEG: { write: (photo) => photo.jpeg() },
  'progressive JPEG, 4:4:4, turned': { write: (photo) => photo.withMetadata(turned).jpeg(wide) },
  'progressive CMYK JPEG': { write: (photo) => photo.toColourspace('cmyk').jpeg(wide) },
  'progressive panorama, turned': { write: (photo) => photo.withMetadata(turned).jpeg(wide), aspect: 11 },
  PNG: { write: (photo) => photo.png({ compressionLevel: 3 }) },
  'PNG, turned': { write: (photo) => photo.withMetadata(turned).png({ compressionLevel: 3 }) },
  'PNG with alpha, interlaced': {
    write: (photo) => photo.ensureAlpha(0.5).png({ compressionLevel: 3, progressive: true }),
  },
  '16-bit PNG with alpha': {
    write: (photo) => photo.ensureAlpha(0.5).toColourspace('rgb16').png({ compressionLevel: 3 }),
  },
  '16-bit PNG with alpha, interlaced, turned': {
    write: (photo) =>
      photo
        .ensureAlpha(0.5)
        .toColourspace('rgb16')
        .withMetadata(turned)
        .png({ compressionLevel: 3, progressive: true }),
    share: 0.5,
  },
  WebP: { write: (photo) => photo.webp({ effort: 0 }) },
  'lossless WebP with alpha, turned': {
    write: (photo) => photo.ensureAlpha(0.5).withMetadata(turned).webp({ effort: 0, lossless: true }),
  },
  GIF: { write: (photo) => photo.gif({ effort: 1, colours: 16 }) },
  TIFF: { write: (photo) => photo.tiff({ compression: 'deflate' }) },
  AVIF: { write: (photo) => photo.avif({ effort: 0, quality: 40 }), share: 0.5 },
  '10-bit AVIF with alpha, 4:4:4': {
    write: (photo) =>
      photo.ensureAlpha(0.5).avif({ effort: 0, quality: 40, bitdepth: 10, chromaSubsampling: '4:4:4' }),
    share: 0.5,
  },
};

const [step = '65', kind = '', path = ''] = process.argv.slice(2);
if (step === 'make') await make(kind, path, Number(process.argv[5]));
else if (step === 'read') await read(path);
else measure(Number(step) * 1e6);

function measure(maxPixels: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'photo-memory-'));
  try {
    const rows = Object.keys(KINDS).map((name) => {
      const file = join(folder, 'photo');
      runSelf('make', name, file, String(maxPixels));
      const bytes = statSync(file).size;
      return [name, { 'MB as stored': Math.round(bytes / 1e6), ...JSON.parse(runSelf('read', name, file)) }];
    });
    console.table(Object.fromEntries(rows));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runSelf(...args: string[]): string {
  const child = spawnSync(process.execPath, ['--import', 'tsx', import.meta.filename, ...args], {
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`${args}: ${child.stderr}`);
  return child.stdout;
}

async function make(name: string, file: string, maxPixels: number): Promise<void> {
  const { write, share = 1, aspect = 4 / 3 } = KINDS[name]!;
  const height = Math.floor(Math.sqrt((maxPixels * share) / aspect));
  const width = Math.min(Math.floor((maxPixels * share) / height), name.includes('WebP') ? 16_383 : 65_500);
  const small = await scene(Math.ceil(width / 8), Math.ceil(height / 8))
    .png()
    .toBuffer();
  const { default: sharp } = await import('sharp');
  const photo = sharp(small).resize(width, height, { fit: 'fill', kernel: 'nearest' });
  await write(photo).toFile(file);
}

async function read(file: string): Promise<void> {
  const session = await openSession(MODEL);
  const bytes = readFileSync(file);
  const before = process.resourceUsage().maxRSS;
  const photo = await decodePhoto(bytes, { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: 65e9 });
  const decoded = process.resourceUsage().maxRSS;
  await session.run(photo.pixels);
  const mega = (kilobytes: number) => Math.round((kilobytes * 1024) / 1e6);
  const peak = process.resourceUsage().maxRSS;
  const size = `${photo.pixels.width} × ${photo.pixels.height}`;
  console.log(
    JSON.stringify({ size, 'MB before': mega(before), decoded: mega(decoded), featurized: mega(peak) }),
  );
}
