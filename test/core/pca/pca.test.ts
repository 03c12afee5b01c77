/**
 * The properties that scikit-learn's test_incremental_pca.py holds IncrementalPCA to, and more: this one is exact.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Matrix } from 'ml-matrix';
import { PCA } from 'ml-pca';
import { createMatrixProducts } from '../../../functions/adapters/onnx-matrix.ts';
import { ContractBroken, InvalidRequest, ModelMismatch, TooFewRows } from '../../../functions/core/errors.ts';
import type { FittedPca } from '../../../functions/core/pca/fitted-pca.ts';
import { plainMatrixProducts as plain } from '../../../functions/core/pca/matrix.ts';
import { addRows, emptyMoments, type Moments } from '../../../functions/core/pca/moments.ts';
import { fitPca } from '../../../functions/core/pca/pca.ts';
import { type PcaOptions, parsePcaOptions } from '../../../functions/core/pca/pca-options.ts';
import { projectRows } from '../../../functions/core/pca/projection.ts';
import {
  assertClose,
  assertRelative,
  matrixWithEigenvalues,
  normals,
  orthonormalityError,
  randomRows,
} from '../numbers.ts';
import { mergeMoments } from './merge-moments.ts';

const MODEL = 'test@0123456789ab';
const native = createMatrixProducts();
const GOLDEN = join(import.meta.dirname, '../../golden/pca');

/** float32 columns: half a unit in the last place of numbers up to some tens. */
const FLOAT32 = 4e-6;

interface Golden {
  shape: [number, number];
  rows: string;
  fits: {
    standardize: boolean;
    mean: number[];
    scale: number[];
    explained_variance: number[];
    total_variance: number;
    components: number[][];
    centered: number[][];
    spark: number[][];
  }[];
}

for (const file of readdirSync(GOLDEN).filter((name) => name.endsWith('.json'))) {
  const golden: Golden = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'));
  const [n, d] = golden.shape;
  const rows = new Float32Array(new Uint8Array(Buffer.from(golden.rows, 'base64')).buffer);
  for (const expected of golden.fits) {
    const kind = expected.standardize ? 'correlation' : 'covariance';
    test(`${file}: the PCA of the ${kind} is LAPACK's`, async () => {
      const moments = await momentsOf(rows, d, [7, 1, 30]);
      const components = expected.components.length;
      for (const projection of ['centered', 'spark'] as const) {
        const pca = await fit(moments, { components, standardize: expected.standardize, projection });
        assert.equal(pca.k, components);
        assert.deepEqual(pca.warnings, []);
        assertRelative(pca.mean, expected.mean, 1e-14, 'mean');
        // Deviations of float32 numbers are exact; n = 100 of them squared and added round to 1e-14.
        assertRelative(pca.scale, expected.scale, 1e-13, 'scale');
        for (const [i, variance] of expected.explained_variance.entries()) {
          assertRelative([pca.explainedVariance[i]!], [variance], 1e-10, `variance ${i}`);
        }
        assertRelative([pca.totalVariance], [expected.total_variance], 1e-12, 'total variance');
        assertClose(pca.components, expected.components.flat(), 1e-9, 'components');
        const five = await projectRows(pca, rows.subarray(0, 5 * d), 5, native);
        // Relative to the row: projecting an uncentred row of length 1e6 to float32 leaves 0.06 of it.
        assertRelative(five, expected[projection].flat(), 1e-7, projection);
      }
      assert.equal(moments.count, n);
    });
  }
}

test('components are orthonormal rows, variances fall, and each largest loading is positive', async () => {
  for (const [n, d] of [
    [200, 30],
    [500, 90],
    [40, 100],
  ] as const) {
    for (const standardize of [true, false]) {
      const pca = await fit(await momentsOf(randomRows(n, d, d), d), { components: 20, standardize });
      assert.ok(orthonormalityError(pca.components, pca.k, d) < 1e-13);
      for (let i = 1; i < pca.spectrum.length; i++) assert.ok(pca.spectrum[i - 1]! >= pca.spectrum[i]!);
      for (let r = 0; r < pca.k; r++) {
        const row = pca.components.subarray(r * d, (r + 1) * d);
        const largest = row.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
        assert.ok(largest > 0);
      }
    }
  }
});

test('of two loadings equal in magnitude the first is positive', async () => {
  // Two columns correlate perfectly or inversely: the loadings are ±√½ both, whatever rounding makes of them.
  for (const slope of [1, -1]) {
    const rows = Float64Array.from({ length: 60 }, (_, i) =>
      i % 2 === 0 ? Math.sin(i) : slope * Math.sin(i - 1),
    );
    const { components, explainedVariance } = await fit(await momentsOf(rows, 2), { components: 2 });
    assertClose(components, [Math.SQRT1_2, slope * Math.SQRT1_2, Math.SQRT1_2, -slope * Math.SQRT1_2], 1e-12);
    assertClose(explainedVariance, [2, 0], 1e-12);
  }
});

test('of many loadings equal but for rounding the first is positive', async () => {
  for (let d = 2; d < 80; d += 7) {
    const next = normals(d);
    const rows = Float64Array.from({ length: 40 * d }, () => 0);
    for (let r = 0; r < 40; r++) {
      const value = next();
      for (let i = 0; i < d; i++) rows[r * d + i] = value * (i % 2 === 0 ? i + 1 : -i / 3);
    }
    const { components } = await fit(await momentsOf(rows, d), { components: 1 });
    const expected = Array.from({ length: d }, (_, i) => (i % 2 === 0 ? 1 : -1) / Math.sqrt(d));
    assertClose(components, expected, 1e-12);
  }
});

test('the projection of the fitted rows has mean zero, the explained variances, and no correlation', async () => {
  const [n, d] = [300, 70];
  const rows = Float32Array.from(randomRows(n, d, 1, 4));
  for (const standardize of [true, false]) {
    const pca = await fit(await momentsOf(rows, d), { components: 12, standardize });
    const projected = Float64Array.from(await projectRows(pca, rows, n, native));
    const { mean, scatter } = await momentsOf(projected, pca.k);
    assertClose(mean, new Float64Array(pca.k), FLOAT32);
    const diagonal = new Float64Array(pca.k ** 2);
    for (let i = 0; i < pca.k; i++) diagonal[i * pca.k + i] = pca.explainedVariance[i]!;
    assertRelative(
      scatter.map((value) => value / (n - 1)),
      diagonal,
      1e-6,
    );
  }
});

test('the projection of a point far along the first component is all in that component', async () => {
  // scikit-learn's test_incremental_pca_check_projection: spread 0.1, ten points moved by (3, 4, 5).
  const next = normals(2);
  const rows = Float32Array.from({ length: 300 }, (_, i) => 0.1 * next() + (i < 30 ? 3 + (i % 3) : 0));
  const pca = await fit(await momentsOf(rows, 3), { components: 2, standardize: false });
  const [first, second] = await projectRows(pca, Float32Array.of(3.05, 3.9, 5.02), 1, native);
  assert.ok(Math.abs(first!) / Math.hypot(first!, second!) > 0.999);
});

test('all components together give the rows back', async () => {
  const [n, d] = [50, 3];
  const next = normals(3);
  // scikit-learn's test_incremental_pca_inverse: one column all but without variance, means of 5, 4 and 3.
  const rows = Float32Array.from(
    { length: n * d },
    (_, i) => next() * (i % 3 === 1 ? 1e-5 : 1) + 5 - (i % 3),
  );
  for (const standardize of [true, false]) {
    const pca = await fit(await momentsOf(rows, d), { components: 'all', standardize });
    const projected = await projectRows(pca, rows, n, native);
    const back = rows.map((_, at) => {
      const [r, i] = [Math.floor(at / d), at % d];
      let sum = 0;
      for (let c = 0; c < pca.k; c++) sum += projected[r * pca.k + c]! * pca.components[c * d + i]!;
      return sum * pca.scale[i]! + pca.mean[i]!;
    });
    assertClose(back, rows, FLOAT32);
  }
});

test('batches of any sizes give the same signs and the same components', async () => {
  const [n, d] = [100, 20];
  const rows = randomRows(n, d, 4);
  const whole = await fit(await momentsOf(rows, d), { components: 5 });
  for (const size of [1, 2, 9, 10, 11, 33, 99]) {
    const pca = await fit(await momentsOf(rows, d, [size]), { components: 5 });
    assertClose(pca.components, whole.components, 1e-11, `batches of ${size}`);
    assertRelative(pca.explainedVariance, whole.explainedVariance, 1e-12, `batches of ${size}`);
  }
});

test('partial fits merged, in any order, are one fit', async () => {
  const d = 75;
  const rows = randomRows(400, d, 5, 2);
  const whole = await fit(await momentsOf(rows, d), { components: 4 });
  const parts = await Promise.all(
    [0, 10, 200].map((start, i, starts) =>
      momentsOf(rows.subarray(start * d, (starts[i + 1] ?? 400) * d), d),
    ),
  );
  const [a, b, c] = parts as [Moments, Moments, Moments];
  for (const merged of [mergeMoments(mergeMoments(a, b), c), mergeMoments(c, mergeMoments(b, a))]) {
    assertClose((await fit(merged, { components: 4 })).components, whole.components, 1e-11);
  }
});

test('it is the full PCA of ml-pca up to sign, below and above the size that ml-pca itself is used for', async () => {
  for (const [n, d] of [
    [150, 4],
    [300, 64],
    [300, 65],
    [400, 120],
  ] as const) {
    const rows = randomRows(n, d, d + 1, 1);
    const moments = await momentsOf(rows, d);
    const pca = await fit(moments, { components: 4, standardize: false });
    const reference = new PCA(Matrix.from1DArray(n, d, rows), { method: 'SVD' });
    assertRelative(pca.explainedVariance, reference.getEigenvalues().slice(0, 4), 1e-11);
    const loadings = reference.getLoadings();
    for (let r = 0; r < 4; r++) {
      const [actual, expected] = [pca.components.subarray(r * d, (r + 1) * d), loadings.getRow(r)];
      const sign = Math.sign(actual.reduce((sum, value, i) => sum + value * expected[i]!, 0));
      assertClose(
        actual,
        expected.map((value) => value * sign),
        1e-9,
        `component ${r} of ${d}`,
      );
    }
  }
});

test('means a million times the spread change nothing', async () => {
  const [n, d] = [120, 80];
  const rows = randomRows(n, d, 6).map((value) => Math.round(value * 2 ** 20) / 2 ** 20);
  for (const standardize of [true, false]) {
    const near = await fit(await momentsOf(rows, d), { components: 6, standardize });
    const far = await fit(
      await momentsOf(
        rows.map((value) => value + 2 ** 20),
        d,
        [50],
      ),
      { components: 6, standardize },
    );
    assertRelative(far.explainedVariance, near.explainedVariance, 1e-12);
    assertClose(far.components, near.components, 1e-10);
  }
});

test('rows of low rank have that many variances, and the rest are zero', async () => {
  const [n, d, rank] = [100, 70, 3];
  const [left, right] = [randomRows(n, rank, 7), randomRows(rank, d, 8)];
  const rows = await plain.multiply(left, right, n, rank, d);
  const pca = await fit(await momentsOf(rows, d), { components: 10, standardize: false });
  assert.equal(pca.k, 10);
  assert.ok(pca.explainedVariance[2]! > 0.1);
  for (let i = rank; i < 10; i++) assertClose([pca.explainedVariance[i]!], [0], 1e-12);
  assert.ok(orthonormalityError(pca.components, 10, d) < 1e-13);
  assertRelative([pca.explainedVarianceRatio.reduce((sum, ratio) => sum + ratio, 0)], [1], 1e-12);
});

test('fewer rows than columns: n − 1 components at most, with a warning that says so', async () => {
  for (const [n, d] of [
    [5, 30],
    [40, 100],
  ] as const) {
    const pca = await fit(await momentsOf(randomRows(n, d, 9), d), { components: d });
    assert.equal(pca.k, n - 1);
    assert.equal(pca.spectrum.length, n - 1);
    assert.deepEqual(pca.warnings, [
      `${d} components were asked for and ${n - 1} fitted: ${n} rows span no more.`,
    ]);
    assert.ok(orthonormalityError(pca.components, pca.k, d) < 1e-13);
    assertRelative([pca.explainedVarianceRatio.reduce((sum, ratio) => sum + ratio, 0)], [1], 1e-12);
    assert.deepEqual(
      (await fit(await momentsOf(randomRows(n, d, 9), d), { components: n - 1 })).warnings,
      [],
    );
  }
});

test('two rows have one component: the way from one to the other', async () => {
  const pca = await fit(await momentsOf(Float64Array.of(1, 1, 1, 4, 1, 5), 3), {
    components: 1,
    standardize: false,
  });
  assertClose(pca.components, [0.6, 0, 0.8], 1e-15);
  assertClose(pca.explainedVariance, [12.5], 1e-14);
  assertClose(await projectRows(pca, Float32Array.of(1, 1, 1, 4, 1, 5), 2, native), [-2.5, 2.5], 1e-15);
});

test('no rows, one row, or rows that are all the same are too few', async () => {
  const row = Float64Array.of(0.1, 2, 3);
  const table: [number, RegExp][] = [
    [0, /^A PCA needs at least 2 rows; there are 0$/],
    [1, /^A PCA needs at least 2 rows; there is 1$/],
    [7, /^A PCA needs at least 2 different rows; all 7 rows are the same$/],
  ];
  for (const [n, message] of table) {
    const rows = Float64Array.from({ length: n * 3 }, (_, i) => row[i % 3]!);
    await assert.rejects(fit(await momentsOf(rows, 3, [2]), { components: 1 }), (error) => {
      assert.ok(error instanceof TooFewRows);
      assert.match(error.message, message);
      return true;
    });
  }
});

test('a constant column is left at zero: no loading, no variance, scale 1, whatever a new row has there', async () => {
  const [n, d] = [60, 6];
  const rows = Float32Array.from(randomRows(n, d, 10));
  for (let r = 0; r < n; r++) {
    rows[r * d + 2] = 0.1;
    rows[r * d + 4] = 0;
  }
  for (const standardize of [true, false]) {
    const moments = await momentsOf(rows, d, [13]);
    const pca = await fit(moments, { components: 'all', standardize });
    assert.equal(pca.k, 4);
    for (const column of [2, 4]) {
      assert.equal(pca.scale[column], 1);
      for (let r = 0; r < 4; r++) assert.equal(pca.components[r * d + column], 0);
    }
    if (standardize) assertRelative([pca.totalVariance], [4], 1e-14);
    const [row, other] = [rows.slice(0, d), rows.slice(0, d)];
    other[2] = 100;
    other[4] = -7;
    assert.deepEqual(await projectRows(pca, other, 1, native), await projectRows(pca, row, 1, native));

    const five = await fit(moments, { components: 5, standardize });
    assert.deepEqual(five.warnings, [
      '5 components were asked for and 4 fitted: 4 columns that vary have no more.',
    ]);
  }
});

test('a column that varies in its last digit only is no constant one', async () => {
  const rows = Float32Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? Math.sin(i) : 1));
  rows[1001] = Math.fround(1 + 2 ** -23);
  const pca = await fit(await momentsOf(rows, 2, [300]), { components: 'all' });
  assert.equal(pca.k, 2);
  assertRelative([pca.scale[1]!], [2 ** -23 / Math.sqrt(1000)], 1e-9);
});

test('standardized columns have unit sample variance', async () => {
  const [n, d] = [30, 5];
  const rows = randomRows(n, d, 11).map((value, i) => value * 10 ** (i % d));
  const pca = await fit(await momentsOf(rows, d), { components: 'all' });
  assertRelative([pca.totalVariance], [d], 1e-14);
  for (let i = 0; i < d; i++) {
    const column = Array.from({ length: n }, (_, r) => rows[r * d + i]!);
    const mean = column.reduce((sum, x) => sum + x, 0) / n;
    const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1);
    assertRelative([pca.scale[i]!], [Math.sqrt(variance)], 1e-13);
  }
});

test('what is fitted stays as it is when more rows are taken in', async () => {
  const moments = await momentsOf(randomRows(20, 4, 20), 4);
  const pca = await fit(moments, { components: 2 });
  const before = structuredClone(pca);
  await addRows(moments, randomRows(20, 4, 21, 5), 20, native);
  assert.deepEqual(pca, before);
});

test('a share of the variance takes the fewest components that explain it', async () => {
  const moments = momentsWith([50, 30, 15, 5]);
  const table: [number, number][] = [
    [0.01, 1],
    [0.49, 1],
    [0.51, 2],
    [0.79, 2],
    [0.81, 3],
    [0.94, 3],
    [0.96, 4],
    [0.999999, 4],
  ];
  for (const [share, k] of table) {
    const pca = await fit(moments, { components: share, standardize: false });
    assert.equal(pca.k, k, `share ${share}`);
    assert.ok(pca.explainedVarianceRatio.reduce((sum, ratio) => sum + ratio, 0) >= share);
    assert.equal(pca.explainedVariance.length, k);
  }
  // A diagonal of whole numbers is decomposed exactly, and 50 of 100 is the half that is asked for.
  const exact = momentsFrom(Float64Array.of(50, 0, 0, 0, 30, 0, 0, 0, 20), 3);
  assert.equal((await fit(exact, { components: 0.5, standardize: false })).k, 1);
  assert.equal((await fit(exact, { components: 0.8, standardize: false })).k, 2);
  // All but the last bit of a share is all components, also where their sum falls short of the columns' by rounding.
  for (let seed = 0; seed < 30; seed++) {
    const moments = await momentsOf(randomRows(9, 5, seed), 5);
    assert.equal((await fit(moments, { components: 1 - 2 ** -53 })).k, 5, `seed ${seed}`);
  }
});

test('"elbow" takes the components before the elbow of the whole spectrum', async () => {
  const pca = await fit(momentsWith([20, 18, 16, ...new Array(80).fill(1)]), {
    components: 'elbow',
    standardize: false,
  });
  assert.equal(pca.k, 3);
  assert.equal(pca.elbow, 3);
  assert.equal(pca.spectrum.length, 83);
  assert.deepEqual(pca.warnings, []);
});

test('"elbow" of a spectrum without one takes all components and says so', async () => {
  const pca = await fit(momentsWith([4, 3, 2, 1]), { components: 'elbow', standardize: false });
  assert.equal(pca.k, 4);
  assert.ok(!('elbow' in pca));
  assert.deepEqual(pca.warnings, ['The spectrum has no elbow: all 4 components were fitted.']);
});

test('"all" takes every component there is, and the whole spectrum is known whatever is asked', async () => {
  const rows = randomRows(200, 90, 12);
  const all = await fit(await momentsOf(rows, 90), { components: 'all' });
  const one = await fit(await momentsOf(rows, 90), { components: 1 });
  assert.equal(all.k, 90);
  assert.equal(one.k, 1);
  assertRelative(one.spectrum, all.spectrum, 1e-13);
  assertRelative(all.explainedVariance, all.spectrum, 0);
  assertClose(one.components, all.components.subarray(0, 90), 1e-11);
});

test('more components than columns are refused', async () => {
  const moments = await momentsOf(randomRows(10, 3, 13), 3);
  await assert.rejects(fit(moments, { components: 4 }), (error) => {
    assert.ok(error instanceof InvalidRequest);
    assert.equal(error.message, 'components is 4; rows of 3 features have at most 3');
    return true;
  });
});

test('values too large to be squared are refused by their column', async () => {
  const moments = await momentsOf(Float64Array.of(1, 1e200, 2, -1e200), 2);
  await assert.rejects(fit(moments, { components: 1 }), (error) => {
    assert.ok(error instanceof ContractBroken);
    assert.match(error.message, /feature 1 is Infinity/);
    return true;
  });
});

test('the same moments give the same bits', async () => {
  const moments = await momentsOf(randomRows(300, 150, 14), 150);
  const first = await fit(moments, { components: 20 });
  assert.deepEqual(await fit(moments, { components: 20 }), first);
});

test('where native products go wrong ml-pca fits instead, and says so', async () => {
  const d = 80;
  const moments = await momentsOf(randomRows(200, d, 15), d);
  const expected = await fit(moments, { components: 5 });
  for (const wrong of [1.0001, 1 + 1e-9, Number.NaN]) {
    const broken = {
      ...native,
      multiply: async (...factors: Parameters<typeof native.multiply>) =>
        (await native.multiply(...factors)).map((value, i) => (i === 3 ? value * wrong : value)),
    };
    const pca = await fitPca(moments, parsePcaOptions({ components: 5 }), broken);
    assert.match(pca.warnings[0]!, /^Fitted by ml-pca: the faster decomposition was off by /);
    assertRelative(pca.explainedVariance, expected.explainedVariance, 1e-11);
    assertClose(pca.components, expected.components, 1e-9);
  }
});

test('rows of another feature count are not projected', async () => {
  const pca = await fit(await momentsOf(randomRows(20, 4, 16), 4), { components: 2 });
  await assert.rejects(projectRows(pca, new Float32Array(50), 10, native), ModelMismatch);
});

test('any number of rows is projected alike', async () => {
  const [n, d] = [2500, 9];
  const rows = Float32Array.from(randomRows(n, d, 17));
  const pca = await fit(await momentsOf(rows, d), { components: 3 });
  const together = await projectRows(pca, rows, n, native);
  assert.equal((await projectRows(pca, new Float32Array(0), 0, native)).length, 0);
  for (const at of [0, 1023, 1024, 2499]) {
    const one = await projectRows(pca, rows.subarray(at * d, (at + 1) * d), 1, native);
    assertClose(one, together.subarray(at * 3, at * 3 + 3), FLOAT32);
  }
});

test('1,280 features: variances within 1e-8, components within 1e-6, orthonormal to 1e-10', async () => {
  // Eigenvalues like those of MobileNetV2's features over photos, all alike but for 0.1 %, and of 100 directions only.
  const spectra: [string, (i: number) => number][] = [
    ['falling', (i) => 127 / (i + 1)],
    ['flat', (i) => 1 - 1e-6 * i],
    ['low rank', (i) => (i < 100 ? 100 - i : 0)],
  ];
  for (const [name, value] of spectra) {
    const d = 1280;
    const values = Array.from({ length: d }, (_, i) => value(i));
    const { matrix, vectors } = matrixWithEigenvalues(values, 18);
    const moments = momentsFrom(matrix, d);
    const pca = await fit(moments, { components: 256, standardize: false });
    assert.equal(pca.k, 256);
    assert.deepEqual(pca.warnings, [], name);
    for (let i = 0; i < 256; i++) {
      const [variance, expected] = [pca.explainedVariance[i]!, values[i]!];
      assert.ok(
        Math.abs(variance - expected) <= 1e-8 * expected + 1e-14 * values[0]!,
        `${name}: variance ${i}`,
      );
      if (expected === 0) continue;
      const [actual, vector] = [
        pca.components.subarray(i * d, (i + 1) * d),
        vectors.subarray(i * d, (i + 1) * d),
      ];
      const sign = Math.sign(actual.reduce((sum, x, c) => sum + x * vector[c]!, 0));
      assertClose(
        actual,
        vector.map((x) => x * sign),
        1e-6,
        `${name}: component ${i}`,
      );
    }
    assert.ok(orthonormalityError(pca.components, 256, d) < 1e-10, name);
  }
});

function fit(moments: Moments, options: Partial<PcaOptions>): Promise<FittedPca> {
  return fitPca(moments, parsePcaOptions(options), native);
}

/** Takes rows in by batches of the sizes given, over and over. */
async function momentsOf(rows: Float32Array | Float64Array, d: number, sizes = [4096]): Promise<Moments> {
  const moments = emptyMoments(MODEL, d);
  const n = rows.length / d;
  for (let start = 0, turn = 0; start < n; turn++) {
    const size = Math.min(sizes[turn % sizes.length]!, n - start);
    await addRows(moments, rows.subarray(start * d, (start + size) * d), size, native);
    start += size;
  }
  return moments;
}

/** Moments of 5,001 rows with this covariance matrix. */
function momentsFrom(covariance: Float64Array, d: number): Moments {
  return { ...emptyMoments(MODEL, d), count: 5001, scatter: covariance.map((value) => value * 5000) };
}

/** Moments of rows whose covariance has these eigenvalues. */
function momentsWith(eigenvalues: number[]): Moments {
  return momentsFrom(matrixWithEigenvalues(eigenvalues, 19).matrix, eigenvalues.length);
}
