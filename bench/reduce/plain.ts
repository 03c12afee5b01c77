/** What the reduce benchmark is held against in JavaScript: products in plain loops, and ml-pca as it comes. */
import { open } from 'node:fs/promises';
import { Matrix } from 'ml-matrix';
import { PCA } from 'ml-pca';
import type { MatrixProducts } from '../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments, type Moments } from '../../functions/core/pca/moments.ts';
import { fitPca } from '../../functions/core/pca/pca.ts';
import { DIMENSION } from './rows.ts';

/** Reads the first rows of a file of them. @returns row-major Float32Array [rows × 1280] */
export async function readRows(path: string, rows: number): Promise<Float32Array> {
  const values = new Float32Array(rows * DIMENSION);
  const file = await open(path);
  await file.read(new Uint8Array(values.buffer), 0, values.byteLength, 0);
  await file.close();
  return values;
}

/** Rows a second that moments take in, out of memory, when they have taken in as many before. */
export async function timeAccumulate(rows: Float32Array, products: MatrixProducts): Promise<number> {
  const n = rows.length / DIMENSION;
  const moments = emptyMoments('accumulate', DIMENSION);
  const accumulate = () => addRows(moments, rows, n, products);
  await accumulate();
  return n / (await seconds(accumulate));
}

/** Seconds that ml-pca takes for standardized rows, by its default method, which decomposes the rows by SVD. */
export async function timeMlPca(rows: Float32Array): Promise<number> {
  const matrix = new Matrix(rows.length / DIMENSION, DIMENSION);
  for (let at = 0; at < rows.length; at++) matrix.set(Math.floor(at / DIMENSION), at % DIMENSION, rows[at]!);
  return await seconds(async () => new PCA(matrix, { scale: true, ignoreZeroVariance: true }));
}

/** Seconds of the fit of 64 components alone, by Verger and by ml-pca, out of the same moments. */
export async function timeFits(
  rows: Float32Array,
  products: MatrixProducts,
): Promise<{ ours: number; mlPca: number }> {
  const moments = emptyMoments('fit', DIMENSION);
  await addRows(moments, rows, rows.length / DIMENSION, products);
  const matrix = correlation(moments);
  const options = { components: 64, standardize: true, projection: 'centered' } as const;
  const fit = () => seconds(() => fitPca(moments, options, products));
  await fit();
  const before = await fit();
  const mlPca = await seconds(async () => new PCA(matrix, { isCovarianceMatrix: true }));
  return { ours: (before + (await fit())) / 2, mlPca };
}

function correlation({ scatter, dimension: d }: Moments): Matrix {
  const matrix = new Matrix(d, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      matrix.set(i, j, scatter[i * d + j]! / Math.sqrt(scatter[i * d + i]! * scatter[j * d + j]!));
    }
  }
  return matrix;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
