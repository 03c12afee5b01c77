import { encodeModel, node } from '../core/onnx/onnx-graph.ts';

/** Bands of columns. Products below the diagonal are not computed: with five, ten of twenty-five. */
const BANDS = 5;

/** Two bands, the second not before the first, the name of their product, and of what it is added to. */
export const BLOCKS = Array.from({ length: BANDS }, (_, i) =>
  Array.from({ length: BANDS - i }, (_, above) => {
    const j = i + above;
    return { i, j, name: `block_${i}_${j}`, before: `before_${i}_${j}` };
  }),
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
 * The graph behind {@link MatrixProducts.scatter}: bands of the columns of n centred rows, `band_0` … [about d / 5, n], → their
 * products on and above the diagonal, added to those of other rows, `before_0_0` … → `block_0_0` …, in float64.
 *
 * Columns rather than rows lie together, as this is what onnxruntime multiplies fastest: by a fifth.
 */
export function encodeScatterModel(): Uint8Array {
  const value = (name: string, ...dims: string[]) => ({ name, type: 'double' as const, dims });
  const widths = Array.from({ length: BANDS }, (_, band) => `width_${band}`);
  const block = (name: string, i: number, j: number) => value(name, widths[i]!, widths[j]!);
  return encodeModel({
    graph: 'scatter',
    inputs: [
      ...widths.map((width, band) => value(bandName(band), width, 'n')),
      ...BLOCKS.map(({ i, j, before }) => block(before, i, j)),
    ],
    outputs: BLOCKS.map(({ i, j, name }) => block(name, i, j)),
    nodes: BLOCKS.map(({ i, j, name, before }) =>
      node('Gemm', [bandName(i), bandName(j), before], [name], { transB: { int: 1 } }),
    ),
    initializers: [],
    opset: 13,
  });
}
