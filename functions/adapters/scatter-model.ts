import { type ElementType, encodeModel, type GraphNode, node, tensor } from '../core/onnx/onnx-graph.ts';

/** What elements of rows may be. */
export type FloatType = 'float' | 'double';

/** Bands of columns. Products below the diagonal are not computed: with four, six of sixteen. */
const BANDS = 4;

/**
 * The graph behind {@link MatrixProducts.scatter}: `x` [n, d] and `widths` [4] → `from_first` [1, d] and `scatter` [d, d],
 * in float64.
 *
 * The centred rows are cut into bands of columns and only bands on and above the diagonal are multiplied; the rest is
 * their transpose.
 *
 * @param type of the elements of `x`
 */
export function encodeScatterModel(type: FloatType): Uint8Array {
  const bands = Array.from({ length: BANDS }, (_, band) => band);
  const columns = bands.map((band) => `centred_${band}`);
  const block = (i: number, j: number) => `block_${i}_${j}`;
  const nodes: GraphNode[] = [
    toDouble('x', 'rows'),
    node('Slice', ['rows', 'zero', 'one', 'zero'], ['first']),
    node('Sub', ['rows', 'first'], ['shifted']),
    node('ReduceMean', ['shifted'], ['from_first'], { axes: { ints: [0] }, keepdims: { int: 1 } }),
    node('Sub', ['shifted', 'from_first'], ['centred']),
    node('Split', ['centred', 'widths'], columns, { axis: { int: 1 } }),
  ];
  for (const i of bands) {
    for (const j of bands.slice(i)) {
      nodes.push(node('Gemm', [columns[i]!, columns[j]!], [block(i, j)], { transA: { int: 1 } }));
      if (j > i) nodes.push(node('Transpose', [block(i, j)], [block(j, i)], { perm: { ints: [1, 0] } }));
    }
  }
  for (const i of bands) {
    nodes.push(
      node(
        'Concat',
        bands.map((j) => block(i, j)),
        [`band_${i}`],
        { axis: { int: 1 } },
      ),
    );
  }
  nodes.push(
    node(
      'Concat',
      bands.map((i) => `band_${i}`),
      ['scatter'],
      { axis: { int: 0 } },
    ),
  );
  const value = (name: string, type: ElementType, ...dims: (number | string)[]) => ({ name, type, dims });
  return encodeModel({
    graph: 'scatter',
    inputs: [value('x', type, 'n', 'd'), value('widths', 'int64', BANDS)],
    outputs: [value('from_first', 'double', 1, 'd'), value('scatter', 'double', 'd', 'd')],
    nodes,
    initializers: [
      tensor('zero', 'int64', [1], BigInt64Array.of(0n)),
      tensor('one', 'int64', [1], BigInt64Array.of(1n)),
    ],
    opset: 13,
  });
}

/** The widths of the bands that d columns are cut into, for the input `widths`. */
export function bandWidths(d: number): BigInt64Array {
  return BigInt64Array.from({ length: BANDS }, (_, band) =>
    BigInt(Math.floor((d * (band + 1)) / BANDS) - Math.floor((d * band) / BANDS)),
  );
}

/** A node that gives the elements as float64; nothing is done where they are. */
export function toDouble(input: string, output: string): GraphNode {
  return node('Cast', [input], [output], { to: { int: DOUBLE } });
}

/** ONNX's number of the type float64. */
const DOUBLE = 11;
