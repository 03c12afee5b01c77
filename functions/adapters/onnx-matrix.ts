/** Matrix products by onnxruntime, many times as fast as plain JavaScript. */
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, node } from '../core/onnx/onnx-graph.ts';
import type { MatrixProducts } from '../core/pca/matrix.ts';
import { bandWidths, encodeScatterModel, type FloatType, toDouble } from './scatter-model.ts';

/**
 * Matrix products by onnxruntime; sessions are made on first use.
 *
 * The same arguments give the same bits from run to run on one machine: every element is summed in one fixed order.
 *
 * @param threads how many cores a large product may use, ≥ 1
 */
export function createMatrixProducts(threads: number = availableParallelism()): MatrixProducts {
  const scatter = ofEither((type) => createSession(encodeScatterModel(type), threads));
  const multiply = ofEither((type) => createSession(encodeProduct(type), threads));
  const multiplyAlone = ofEither((type) => createSession(encodeProduct(type), 1));
  let inner: Promise<InferenceSession> | undefined;
  return {
    async inner(a, b, m, p, d) {
      inner ??= createSession(INNER_MODEL, threads);
      const product = new Float32Array(m * p);
      const feeds = { a: new Tensor(a, [m, d]), b: new Tensor(b, [p, d]) };
      await (await inner).run(feeds, { c: new Tensor(product, [m, p]) });
      return product;
    },
    async scatter(rows, n, d, into) {
      const widths = bandWidths(d);
      const session = await scatter(rows);
      await session.run(
        { x: new Tensor(rows, [n, d]), widths: new Tensor(widths, [widths.length]) },
        { from_first: new Tensor(into.fromFirst, [1, d]), scatter: new Tensor(into.scatter, [d, d]) },
      );
    },
    async multiply(a, b, m, n, p) {
      const session = await (m * n * p < WORTH_SHARING ? multiplyAlone(a) : multiply(a));
      const product = new Float64Array(m * p);
      for (let from = 0; from < m; from += BLOCK) {
        const rows = Math.min(BLOCK, m - from);
        const feeds = {
          a: new Tensor(a.subarray(from * n, (from + rows) * n), [rows, n]),
          b: new Tensor(b, [n, p]),
        };
        const c = new Tensor(product.subarray(from * p, (from + rows) * p), [rows, p]);
        await session.run(feeds, { c });
      }
      return product;
    },
  };
}

/** Rows multiplied at a time: they are copied as float64 into the arena, which keeps the largest copy: 42 MB at 1280 columns. */
const BLOCK = 4096;

/** Below this many multiplications, less than a millisecond's work, waiting for a busy second core may cost far more. */
const WORTH_SHARING = 4e6;

/** c = a·bᵀ in float32: twice as fast as in float64. */
const INNER_MODEL = encodeModel({
  graph: 'inner',
  inputs: ['a', 'b'].map((name) => ({ name, type: 'float', dims: [`${name}_rows`, 'd'] })),
  outputs: [{ name: 'c', type: 'float', dims: ['a_rows', 'b_rows'] }],
  nodes: [node('Gemm', ['a', 'b'], ['c'], { transB: { int: 1 } })],
  initializers: [],
  opset: 13,
});

/** c = a·b, where the elements of `a` are of the type given. */
function encodeProduct(type: FloatType): Uint8Array {
  const matrix = (name: string, of: FloatType, ...dims: string[]) => ({ name, type: of, dims });
  return encodeModel({
    graph: 'product',
    inputs: [matrix('a', type, 'm', 'n'), matrix('b', 'double', 'n', 'p')],
    outputs: [matrix('c', 'double', 'm', 'p')],
    nodes: [toDouble('a', 'a_double'), node('MatMul', ['a_double', 'b'], ['c'])],
    initializers: [],
    opset: 13,
  });
}

function createSession(model: Uint8Array, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // A product's working memory lies in one arena for all calls: returned each time, malloc would scatter it.
    enableCpuMemArena: true,
    enableMemPattern: true,
    logSeverityLevel: 3,
  });
}

/** One session each for float32 and float64, made on first use. */
function ofEither(create: (type: FloatType) => Promise<InferenceSession>) {
  const sessions: Partial<Record<FloatType, Promise<InferenceSession>>> = {};
  return (values: Float32Array | Float64Array) => {
    const type = values instanceof Float32Array ? 'float' : 'double';
    sessions[type] ??= create(type);
    return sessions[type];
  };
}
