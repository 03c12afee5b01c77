/**
 * Writes ONNX models: the little of the format that graphs of ordinary tensors need.
 * https://onnx.ai/onnx/repo-docs/IR.html describes the format, https://onnx.ai/onnx/operators/ the operators.
 *
 * The same arguments give the same bytes, so a file's SHA-256 can name a model.
 */
import protobuf from 'protobufjs/light.js';
import { ContractBroken, InvalidRequest } from '../errors.ts';
import { METADATA_PROPS, ModelProto, StringStringEntryProto } from './onnx-proto.ts';

/** The array that holds each element type; float16 values are given as their 16-bit patterns. */
interface ElementArrays {
  float: Float32Array;
  double: Float64Array;
  uint8: Uint8Array;
  int64: BigInt64Array;
  float16: Uint16Array;
}

export type ElementType = keyof ElementArrays;

/** A constant of the graph. */
export interface Tensor {
  name: string;
  type: ElementType;
  dims: readonly number[];
  /** Elements in row-major order, little-endian: a view of the data it was made from, not a copy. */
  bytes: Uint8Array;
}

/** An input or output of the graph. A dimension given as text is symbolic: any size, by that name. */
export interface Value {
  name: string;
  type: ElementType;
  dims: readonly (number | string)[];
}

/** An attribute states its kind: ONNX distinguishes 1 from 1.0. */
export type Attribute =
  | { int: number }
  | { float: number }
  | { string: string }
  | { ints: readonly number[] }
  | { floats: readonly number[] };

/** One operator call. An empty name among the inputs leaves an optional input out. */
export interface GraphNode {
  opType: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}

export interface Model {
  /** Name of the graph. */
  graph: string;
  inputs: readonly Value[];
  outputs: readonly Value[];
  /** In an order in which they can run. */
  nodes: readonly GraphNode[];
  initializers: readonly Tensor[];
  /** Version of the standard operator set; 1 to 18 are covered by the IR version written here. */
  opset: number;
  /** Written in the order given. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * A constant from its elements in row-major order; the data is viewed, not copied.
 *
 * @param dims product = number of elements; `[]` is a scalar
 * @throws InvalidRequest when the number of elements is not the product of the dimensions
 */
export function tensor<T extends ElementType>(
  name: string,
  type: T,
  dims: readonly number[],
  data: ElementArrays[T],
): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (data.length !== count) {
    throw new InvalidRequest(
      `Tensor ${name} has ${data.length} elements; its shape [${dims.join(', ')}] needs ${count}`,
    );
  }
  // Every platform onnxruntime-node is built for is little-endian, so the array's own bytes are the format's.
  return { name, type, dims, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** One operator call, such as `node('Gemm', ['a', 'b'], ['c'], { transA: { int: 1 } })`. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): GraphNode {
  return { opType, inputs, outputs, attributes };
}

/**
 * Encodes a model as an ONNX file (a ModelProto message).
 *
 * @returns the bytes of the file; the same for the same model
 */
export function encodeModel(model: Model): Uint8Array {
  const message = {
    irVersion: IR_VERSION,
    producerName: 'verger',
    graph: {
      node: model.nodes.map(nodeMessage),
      name: model.graph,
      initializer: model.initializers.map(({ name, type, dims, bytes }) => ({
        dims,
        dataType: DATA_TYPES[type],
        name,
        rawData: bytes,
      })),
      input: model.inputs.map(valueMessage),
      output: model.outputs.map(valueMessage),
    },
    opsetImport: [{ domain: '', version: model.opset }],
    metadataProps: Object.entries(model.metadata ?? {}).map(([key, value]) => ({ key, value })),
  };
  return ModelProto.encode(message).finish();
}

/**
 * Reads the metadata of an ONNX file without reading its graph: microseconds, however large its weights are.
 *
 * @returns the model's metadata_props; empty when it has none
 * @throws ContractBroken when the bytes are not a whole protobuf message
 */
export function decodeModelMetadata(bytes: Uint8Array): Record<string, string> {
  const metadata: Record<string, string> = {};
  const reader = protobuf.Reader.create(bytes);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag >>> 3 === METADATA_PROPS) {
        const entry = StringStringEntryProto.decode(reader, reader.uint32());
        const { key, value } = StringStringEntryProto.toObject(entry, { defaults: true });
        metadata[key] = value;
      } else {
        reader.skipType(tag & 7);
      }
    }
  } catch (cause) {
    throw new ContractBroken(`Not an ONNX model: its ${bytes.length} bytes do not parse as one`, { cause });
  }
  return metadata;
}

/** The IR version published with operator set 18 (ONNX 1.13): readable by every runtime that has the set. */
const IR_VERSION = 8;

/** TensorProto.DataType */
const DATA_TYPES: Record<ElementType, number> = { float: 1, uint8: 2, int64: 7, float16: 10, double: 11 };

/** AttributeProto: the field and the AttributeType number of each kind. */
const ATTRIBUTE_KINDS = {
  float: { field: 'f', type: 1 },
  int: { field: 'i', type: 2 },
  string: { field: 's', type: 3 },
  floats: { field: 'floats', type: 6 },
  ints: { field: 'ints', type: 7 },
} as const;

function nodeMessage({ opType, inputs, outputs, attributes }: GraphNode) {
  return {
    input: inputs,
    output: outputs,
    // Naming nodes makes the runtime's messages and profiles readable.
    name: `${opType}:${outputs[0] ?? ''}`,
    opType,
    attribute: Object.entries(attributes).map(([name, attribute]) => {
      const [kind, value] = Object.entries(attribute)[0] as [keyof typeof ATTRIBUTE_KINDS, unknown];
      const { field, type } = ATTRIBUTE_KINDS[kind];
      return { name, [field]: kind === 'string' ? new TextEncoder().encode(value as string) : value, type };
    }),
  };
}

function valueMessage({ name, type, dims }: Value) {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}
