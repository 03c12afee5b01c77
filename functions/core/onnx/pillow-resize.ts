/** Finds whether a model resizes its photo exactly as Pillow's bicubic does, and to which size. */
import { ContractBroken } from '../errors.ts';
import { ModelProto } from './onnx-proto.ts';

/**
 * The size to which a model resizes its `image` before anything else, where it does so by Pillow's bicubic: a Transpose
 * to planes, then a Resize as in model/preprocessing.ts, to a constant size. Such a model may be given a photo that
 * Pillow's algorithm has resized already: its own resize then changes nothing.
 *
 * @param bytes an ONNX file
 * @returns undefined where the model does anything else with its image, or does not state the size
 * @throws ContractBroken when the bytes are not a whole protobuf message
 */
export function findPillowResize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const graph = decodeGraph(bytes);
  if (graph.node.some(hasSubgraph)) return undefined; // which could read the image too
  const transpose = onlyReader(graph, 'image');
  if (transpose?.opType !== 'Transpose' || String(attributesOf(transpose).perm) !== '0,3,1,2')
    return undefined;
  const resize = onlyReader(graph, transpose.output[0]!);
  if (!resize || !isPillowBicubic(resize)) return undefined;
  const [batch, channels, height = 0, width = 0] = constant(graph, resize.input[3]!);
  return batch === 1 && channels === 3 && height > 0 && width > 0 ? { width, height } : undefined;
}

interface Graph {
  node: Node[];
  initializer: Constant[];
  output: { name: string }[];
}

interface Node {
  opType: string;
  input: string[];
  output: string[];
  attribute: Attribute[];
}

interface Attribute {
  name: string;
  type: number;
  f: number;
  i: number;
  s: Uint8Array;
  t: Constant | null;
  ints: number[];
}

interface Constant {
  name: string;
  dataType: number;
  int64Data: number[];
  rawData: Uint8Array;
}

/** AttributeProto.AttributeType: how to read each type. */
const VALUES: Record<number, (attribute: Attribute) => unknown> = {
  1: ({ f }) => f,
  2: ({ i }) => i,
  3: ({ s }) => new TextDecoder().decode(s),
  4: ({ t }) => t,
  7: ({ ints }) => ints,
};
const GRAPH_TYPES = [5, 10];
const INT64 = 7;

/** Weights are views of the file's bytes, so this takes a millisecond. */
function decodeGraph(bytes: Uint8Array): Graph {
  try {
    const model = ModelProto.toObject(ModelProto.decode(bytes), { defaults: true, longs: Number });
    return model.graph ?? { node: [], initializer: [], output: [] };
  } catch (cause) {
    throw new ContractBroken(`Not an ONNX model: its ${bytes.length} bytes do not parse as one`, { cause });
  }
}

/** The only node that takes a value; undefined where there are several, or the value is an output of the model too. */
function onlyReader({ node, output }: Graph, value: string): Node | undefined {
  if (output.some(({ name }) => name === value)) return undefined;
  const [reader, ...others] = node.filter(({ input }) => input.includes(value));
  return others.length === 0 ? reader : undefined;
}

/** https://onnx.ai/onnx/operators/onnx__Resize.html: inputs X, roi (not used here), scales, sizes. */
function isPillowBicubic(node: Node): boolean {
  const { mode, cubic_coeff_a, antialias, exclude_outside, ...rest } = attributesOf(node);
  return (
    node.opType === 'Resize' &&
    node.input[2] === '' &&
    mode === 'cubic' &&
    cubic_coeff_a === -0.5 &&
    antialias === 1 &&
    exclude_outside === 1 &&
    (rest.coordinate_transformation_mode ?? 'half_pixel') === 'half_pixel' &&
    (rest.keep_aspect_ratio_policy ?? 'stretch') === 'stretch' &&
    rest.axes === undefined
  );
}

/** Whole numbers that a graph states as an initializer or as a Constant; empty where it computes them. */
function constant({ node, initializer }: Graph, value: string): number[] {
  const maker = node.find(({ opType, output }) => opType === 'Constant' && output.includes(value));
  const found = initializer.find(({ name }) => name === value) ?? (maker && attributesOf(maker).value);
  const { dataType, int64Data, rawData } = (found ?? {}) as Partial<Constant>;
  if (dataType !== INT64 || !int64Data || !rawData) return [];
  if (int64Data.length > 0) return int64Data;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return Array.from({ length: rawData.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

function attributesOf({ attribute }: Node): Record<string, unknown> {
  return Object.fromEntries(attribute.map((one) => [one.name, VALUES[one.type]?.(one)]));
}

function hasSubgraph({ attribute }: Node): boolean {
  return attribute.some(({ type }) => GRAPH_TYPES.includes(type));
}
