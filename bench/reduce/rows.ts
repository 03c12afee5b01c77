/** Rows for the reduce benchmark: like features of photos in what matters to its speed, and the same every time. */
import { open } from 'node:fs/promises';
import { plainMatrixProducts } from '../../functions/core/pca/matrix.ts';
import type { FeatureStore, FeaturizedItem } from '../../functions/core/ports.ts';
import { normals } from '../../test/core/numbers.ts';
import { readOnlyTable } from '../read-only-table.ts';

/** Features a row, d. */
export const DIMENSION = 1280;

/** Directions in which rows vary before they are cut off at zero; their variance falls as (2 + j)^-1.4. */
const LATENT = 256;
const DECAY = 1.4;
/** Rows made at a time, and rows a page: 1 MB of items, as DynamoDB gives them. */
const PAGE_ROWS = 190;

/**
 * Writes rows as raw little-endian float32, row-major [rows × 1280], which is how other programs get the same rows.
 *
 * A row is scale · (offset + Wz), cut off at 0 and 6 as by ReLU6: no value is negative and 40 % are zero. Chosen
 * so that the spectrum is like that of 6,000 fruits-360 photos, where 55 standardized components explain 70 % of the
 * variance, 109 explain 80 %, and no component explains nothing.
 */
export async function writeRows(path: string, rows: number, products = plainMatrixProducts): Promise<void> {
  const normal = normals(1);
  const strength = Float64Array.from({ length: LATENT }, (_, j) => (2 + j) ** (-DECAY / 2));
  const unit = Math.hypot(...strength);
  const weights = Float64Array.from(
    { length: LATENT * DIMENSION },
    (_, at) => (normal() * strength[Math.floor(at / DIMENSION)]!) / unit,
  );
  const offset = Float64Array.from({ length: DIMENSION }, () => 0.35 + 0.85 * normal());
  const scale = Float64Array.from({ length: DIMENSION }, () => Math.exp(0.55 * normal() - 0.8));

  const file = await open(path, 'w');
  try {
    for (let start = 0; start < rows; start += 1000) {
      const size = Math.min(1000, rows - start);
      const z = new Float64Array(size * LATENT);
      for (let at = 0; at < z.length; at++) z[at] = normal();
      const block = await products.multiply(z, weights, size, LATENT, DIMENSION);
      for (let row = 0; row < block.length; row += DIMENSION)
        for (let i = 0; i < DIMENSION; i++)
          block[row + i] = Math.min(6, Math.max(0, scale[i]! * (offset[i]! + block[row + i]!)));
      await file.writeFile(new Uint8Array(new Float32Array(block).buffer));
    }
  } finally {
    await file.close();
  }
}

/** The first `rows` rows of a file as a features table, a page in memory at a time, in no order of their paths. */
export function openRows(path: string, rows: number): FeatureStore {
  return readOnlyTable(rows, async function* (segment, segments) {
    const file = await open(path);
    try {
      const end = Math.floor((rows * (segment + 1)) / segments);
      for (let start = Math.floor((rows * segment) / segments); start < end; start += PAGE_ROWS) {
        const size = Math.min(PAGE_ROWS, end - start);
        const page = new Float32Array(size * DIMENSION);
        await file.read(new Uint8Array(page.buffer), 0, page.byteLength, start * DIMENSION * 4);
        yield Array.from({ length: size }, (_, at) =>
          toItem(start + at, page.slice(at * DIMENSION, (at + 1) * DIMENSION)),
        );
      }
    } finally {
      await file.close();
    }
  });
}

/** Numbers rows so that their paths come in an order far from the file's: 7,919 is prime to every size used. */
export function toItem(index: number, features: Float32Array): FeaturizedItem {
  const number = (index * 7919) % 1_000_000;
  const label = `Variety ${String(number % 60).padStart(2, '0')}`;
  return {
    kind: 'featurized',
    key: `photos/${label}/${String(number).padStart(6, '0')}.jpg`,
    label,
    etag: (number * 2654435761).toString(16).padStart(32, '0'),
    sequencer: '0',
    model: 'synthetic@000000000000',
    features,
    width: 224,
    height: 224,
    bytes: 10_000,
    featurizedAt: '2026-01-02T03:04:05.000Z',
  };
}
