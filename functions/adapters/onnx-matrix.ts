/** Matrix products by onnxruntime, many times as fast as plain JavaScript. */
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { limit } from '../core/limit.ts';
import { encodeModel, node } from '../core/onnx/onnx-graph.ts';
import type { MatrixProducts } from '../core/pca/matrix.ts';
import { Scatterer } from './scatter.ts';
import { encodeScatterModel } from './scatter-model.ts';

/**
 * Matrix products by onnxruntime; sessions are made on first use.
 *
 * The same arguments give the same bits from run to run on one machine: every element is summed in one fixed order.
 *
 * @param threads how many cores a large product may use, ≥ 1
 */
export function createMatrixProducts(threads: number = availableParallelism()): MatrixProducts {
  const multiply = ofEither((type) => createSession(encodeProduct(type), threads));
  const multiplyAlone = ofEither((type) => createSession(encodeProduct(type), 1));
  let inner: Promise<InferenceSession> | undefined;
  let scatterer: Promise<Scatterer> | undefined;
  const turn = limit(1);
  return {
    async inner(a, b, m, p, d, into = new Float32Array(m * p)) {
      inner ??= createSession(INNER_MODEL, threads);
      const product = into.subarray(0, m * p);
      const feeds = { a: new Tensor(a, [m, d]), b: new Tensor(b, [p, d]) };
      await (await inner).run(feeds, { c: new Tensor(product, [m, p]) });
      return product;
    },
    async scatter(...of) {
      scatterer ??= createSession(encodeScatterModel(), threads).then((session) => new Scatterer(session));
      const one = await scatterer;
      await turn(() => one.scatter(...of));
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

/** Rows multiplied at a time: they are copied as float64 into the arena, which keeps the largest copy: 21 MB at 1280 columns. */
const BLOCK = 2048;

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
    nodes: [
      node('Cast', ['a'], ['a_double'], { to: { int: DOUBLE } }),
      node('MatMul', ['a_double', 'b'], ['c']),
    ],
    initializers: [],
    opset: 13,
  });
}

/** What elements of a left factor may be. */
type FloatType = 'float' | 'double';

/** ONNX's number of the type float64. */
const DOUBLE = 11;

function createSession(model: Uint8Array, threads: number): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // A product's working memory lies in one arena for all calls: returned each time, malloc would scatter it.
    enableCpuMemArena: true,
    enableMemPattern: true,
    // Threads that wait for the next product do not spin: that took a quarter of a small reduce's processor time.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
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
