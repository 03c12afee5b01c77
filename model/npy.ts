/** Reads NumPy's .npy files. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { ContractBroken } from '../functions/core/errors.ts';

/** An array in row-major (C) order. */
export interface NpyArray {
  dims: number[];
  data: Float32Array | Uint8Array;
}

const ARRAYS = { '<f4': Float32Array, '|u1': Uint8Array } as const;

/**
 * Reads one array of little-endian float32 or of uint8, row-major, from the bytes of a .npy file.
 *
 * @param name what to call the file in an error
 * @throws ContractBroken when the file is damaged or holds another kind of array
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const broken = (what: string) => new ContractBroken(`${name} cannot be read as a .npy array: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== '\x93NUMPY') {
    throw broken('it does not begin with NUMPY');
  }
  // Version 1 counts the header in 2 bytes; 2 and 3 in 4.
  const isFirst = view.getUint8(6) === 1;
  const start = isFirst ? 10 : 12;
  const end = start + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const [, type = ''] = /'descr': *'([^']*)'/.exec(header) ?? [];
  const [, shape] = /'shape': *\(([^)]*)\)/.exec(header) ?? [];
  if (shape === undefined || !/'fortran_order': *False/.test(header)) {
    throw broken(`its header should name a shape and row-major order, says ${header.trim().slice(0, 120)}`);
  }
  const array = Object.hasOwn(ARRAYS, type) ? ARRAYS[type as keyof typeof ARRAYS] : undefined;
  if (!array) {
    throw broken(`its elements should be ${Object.keys(ARRAYS).join(' or ')}, are ${type || 'unnamed'}`);
  }
  const dims = shape
    .split(',')
    .map(Number)
    .slice(0, shape.trim().endsWith(',') ? -1 : undefined);
  const length = dims.reduce((product, dim) => product * dim, array.BYTES_PER_ELEMENT);
  if (bytes.length - end !== length) {
    throw broken(`its shape (${shape}) needs ${length} bytes of data, it has ${bytes.length - end}`);
  }
  // A copy, since the data may begin anywhere in a shared buffer.
  return { dims, data: new array(new Uint8Array(bytes.subarray(end)).buffer) };
}
