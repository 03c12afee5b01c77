/** Reads safetensors files. Format: https://huggingface.co/docs/safetensors/index#format */
import { ContractBroken } from '../functions/core/errors.ts';
import type { Weights } from './mobilenetv2.ts';

/** A safetensors file in memory. */
export interface Safetensors {
  /** Every tensor by name, as float32. */
  tensors: Weights;
  /** The file's own notes about itself. */
  metadata: Record<string, string>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads a safetensors file of float16 (F16) or float32 (F32) tensors; float16 is widened, which is exact.
 *
 * Tensors of a MobileNetV2 are named `<layer>/kernel` and `<layer>/bias`, with the layers of
 * model/manifest.json and in the same order of axes.
 *
 * @param name what to call the file in an error
 * @throws ContractBroken when the file is damaged or holds another kind of tensor
 */
export function readSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const broken = (what: string) => new ContractBroken(`${name} cannot be read as safetensors: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + (bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true)));
  if (!(start <= bytes.length)) throw broken(`its header does not fit in its ${bytes.length} bytes`);
  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, start), broken);
  const tensors = new Map<string, { dims: number[]; data: Float32Array }>();
  for (const [tensor, { dtype, shape, data_offsets }] of Object.entries(entries)) {
    const size = { F16: 2, F32: 4 }[dtype];
    if (!size) throw broken(`${tensor} should be F16 or F32, is ${dtype}`);
    const [from, to] = data_offsets.map((offset) => start + offset) as [number, number];
    const length = shape.reduce((product, dim) => product * dim, size);
    if (to - from !== length || to > bytes.length) {
      throw broken(
        `${tensor} [${shape.join(', ')}] needs ${length} bytes, has ${Math.min(to, bytes.length) - from}`,
      );
    }
    // A copy, since the data may begin anywhere.
    const { buffer } = new Uint8Array(bytes.subarray(from, to));
    const data = size === 4 ? new Float32Array(buffer) : Float32Array.from(new Uint16Array(buffer), fromHalf);
    tensors.set(tensor, { dims: shape, data });
  }
  return { tensors, metadata };
}

function parseHeader(
  bytes: Uint8Array,
  broken: (what: string) => Error,
): Record<string, Entry> & { __metadata__?: Record<string, string> } {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw broken('its header is not JSON');
  }
}

/** The value of an IEEE 754 binary16 from its bits: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
