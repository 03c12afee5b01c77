import { encodeModel, node } from '../core/onnx/onnx-graph.ts';

/** Bands of columns. Products below the diagonal are not computed: with four, six of sixteen. */
const BANDS = 4;

/** Two bands, the second not before the first, and the name of their product. */
export const BLOCKS = Array.from({ length: BANDS }, (_, i) =>
  Array.from({ length: BANDS - i }, (_, above) => ({ i, j: i + above, name: `block_${i}_${i + above}` })),
).flat();

/** Name of the input for a band. */
export function bandName(band: number): string {
  return `band_${band}`;
}

/** Where the bands of d columns begin and end: ascending, from 0 to d. */
export function bandEdges(d: number): number[] {
  return Array.from({ length: BANDS + 1 }, (_, band) => Math.floor((d * band) / BANDS));
}

/**
 * The graph behind {@link MatrixProducts.scatter}: bands of the centred rows, `band_0` … [n, about d / 4] → their products on
 * and above the diagonal, `block_0_0` …, in float64.
 */
export function encodeScatterModel(): Uint8Array {
  const value = (name: string, ...dims: string[]) => ({ name, type: 'double' as const, dims });
  return encodeModel({
    graph: 'scatter',
    inputs: Array.from({ length: BANDS }, (_, band) => value(bandName(band), 'n', `width_${band}`)),
    outputs: BLOCKS.map(({ i, j, name }) => value(name, `width_${i}`, `width_${j}`)),
    nodes: BLOCKS.map(({ i, j, name }) =>
      node('Gemm', [bandName(i), bandName(j)], [name], { transA: { int: 1 } }),
    ),
    initializers: [],
    opset: 13,
  });
}
