/** The fitted classifier as an ONNX model, for Verger's own function and for any other program. */
import { ContractBroken } from '../errors.ts';
import { encodeModel, node, tensor } from '../onnx/onnx-graph.ts';
import type { Calibration } from './calibration.ts';
import type { Classifier } from './classifier.ts';

/** What stands in the metadata of `classifier.onnx`: strings as they are, all else as JSON. */
export interface ClassifierFacts {
  /** Whose features it takes: `<name>@<first 12 hex digits of the ONNX file's SHA-256>`. */
  model: string;
  snapshot: string;
  labels: string[];
  /** Photos of each label. */
  counts: number[];
  lambda: number;
  temperature: number;
  thresholds: Calibration['thresholds'];
  validation: Calibration['validation'];
  learned?: Calibration['learned'];
}

/**
 * `features` float [N, d] → `probabilities` float [N, C]: what {@link probabilities} makes of the scores at the calibrated
 * temperature, to the rounding of float32. The origin is subtracted before the product, for a large one would drown it; what
 * rounding the origin to float32 takes from it is added after. The 1/C that all scores have alike changes no probability.
 */
export function encodeClassifierOnnx(
  classifier: Classifier,
  calibration: Calibration,
  snapshot: string,
): Uint8Array {
  const { model, dimension: d, labels, counts, origin, weights, lambda } = classifier;
  const { temperature, thresholds, validation, learned } = calibration;
  const size = labels.length;
  const rounded = Float32Array.from(origin);
  const bias = new Float64Array(size);
  for (let i = 0; i < d; i++) {
    for (let c = 0; c < size; c++) bias[c]! += (rounded[i]! - origin[i]!) * weights[i * size + c]!;
  }
  const facts: ClassifierFacts = {
    model,
    snapshot,
    labels,
    counts,
    lambda,
    temperature,
    thresholds,
    validation,
    ...(learned && { learned }),
  };
  return encodeModel({
    graph: 'classifier',
    inputs: [{ name: 'features', type: 'float', dims: ['N', d] }],
    outputs: [{ name: 'probabilities', type: 'float', dims: ['N', size] }],
    nodes: [
      node('Sub', ['features', 'origin'], ['centered']),
      node('Gemm', ['centered', 'weights', 'bias'], ['scores']),
      node('Softmax', ['scores'], ['probabilities']),
    ],
    initializers: [
      tensor('origin', 'float', [d], rounded),
      tensor(
        'weights',
        'float',
        [d, size],
        Float32Array.from(weights, (value) => value / temperature),
      ),
      tensor(
        'bias',
        'float',
        [size],
        Float32Array.from(bias, (value) => value / temperature),
      ),
    ],
    opset: 13,
    metadata: Object.fromEntries(
      Object.entries({ name: 'classifier', ...facts }).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  });
}

/**
 * Reads what {@link encodeClassifierOnnx} wrote down.
 *
 * @param metadata of the ONNX file
 * @throws ContractBroken where something is missing
 */
export function classifierFacts(metadata: Record<string, string>): ClassifierFacts {
  const text = (name: keyof ClassifierFacts): string => {
    const value = metadata[name];
    if (value === undefined) throw new ContractBroken(`classifier.onnx has no ${name} in its metadata`);
    return value;
  };
  return {
    model: text('model'),
    snapshot: text('snapshot'),
    labels: JSON.parse(text('labels')),
    counts: JSON.parse(text('counts')),
    lambda: JSON.parse(text('lambda')),
    temperature: JSON.parse(text('temperature')),
    thresholds: JSON.parse(text('thresholds')),
    validation: JSON.parse(text('validation')),
    ...(metadata.learned !== undefined && { learned: JSON.parse(metadata.learned) }),
  };
}
