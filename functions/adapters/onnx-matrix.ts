/** Matrix products in float64 by onnxruntime: forty times the speed of ordinary JavaScript at d = 1280. */
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeModel, type GraphNode, node, type Value } from '../core/onnx/onnx-graph.ts';
import type { MatrixProducts } from '../core/pca/matrix.ts';

/**
 * Matrix products by onnxruntime's `Gemm` and `MatMul`; sessions are made on first use.
 *
 * The same arguments give the same bits from run to run on one machine: every element is summed in one fixed order.
 *
 * @param threads how many cores a large product may use, ≥ 1
 */
export function createMatrixProducts(threads: number = availableParallelism()): MatrixProducts {
  const gram = lazily(() => createSession(GRAM, [matrix('a', 'n', 'd')], threads));
  const multiply = lazily(() => createSession(MULTIPLY, FACTORS, threads));
  const multiplyAlone = lazily(() => createSession(MULTIPLY, FACTORS, 1));
  return {
    async gram(rows, n, d) {
      const a = new Tensor('float64', rows, [n, d]);
      return run(await gram(), { a }, d, d);
    },
    async multiply(a, b, m, n, p) {
      const session = await (m * n * p < WORTH_SHARING ? multiplyAlone() : multiply());
      const feeds = { a: new Tensor('float64', a, [m, n]), b: new Tensor('float64', b, [n, p]) };
      return run(session, feeds, m, p);
    },
  };
}

/** Below so many multiplications, under a millisecond's work, waiting for a busy second core may cost far more. */
const WORTH_SHARING = 4e6;

const GRAM = node('Gemm', ['a', 'a'], ['c'], { transA: { int: 1 } });
const MULTIPLY = node('MatMul', ['a', 'b'], ['c']);
const FACTORS = [matrix('a', 'm', 'n'), matrix('b', 'n', 'p')];

function matrix(name: string, rows: string, columns: string): Value {
  return { name, type: 'double', dims: [rows, columns] };
}

function createSession(product: GraphNode, inputs: Value[], threads: number): Promise<InferenceSession> {
  const outputs = [matrix('c', 'rows', 'columns')];
  const model = encodeModel({
    graph: product.opType,
    inputs,
    outputs,
    nodes: [product],
    initializers: [],
    opset: 13,
  });
  return InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Sizes change from call to call: an arena would keep the largest of each for good.
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 3,
  });
}

/** Runs a session whose output `c` is [rows × columns], into memory of our own: saves a copy. */
async function run(
  session: InferenceSession,
  feeds: InferenceSession.FeedsType,
  rows: number,
  columns: number,
): Promise<Float64Array> {
  const product = new Float64Array(rows * columns);
  await session.run(feeds, { c: new Tensor('float64', product, [rows, columns]) });
  return product;
}

function lazily<T>(create: () => Promise<T>): () => Promise<T> {
  let created: Promise<T> | undefined;
  return () => {
    created ??= create();
    return created;
  };
}
