/**
 * Reads from a 64-bit little-endian ELF file what its loader needs of the machine.
 *
 * @see https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
 */
import { ContractBroken } from '../functions/core/errors.ts';

/** What a shared library needs from others. */
export interface ElfNeeds {
  /** `e_machine`, see {@link MACHINES}. */
  machine: number;
  /** Names of the libraries that the loader looks for, such as `libc.so.6`. */
  libraries: string[];
  /** Versions of symbols, such as `GLIBC_2.17`, by the library that has to define them. */
  versions: Map<string, string[]>;
}

/** Values of `e_machine`. */
export const MACHINES = { x86_64: 62, arm64: 183 } as const;

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_VERNEED = 0x6ffffffen;
const DT_VERNEEDNUM = 0x6fffffffn;

/** Whether a file is ELF. */
export function isElf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(4, bytes.length)).equals(MAGIC);
}

/**
 * Reads the dynamic section, as the loader does.
 *
 * @throws ContractBroken for an ELF file that is not 64-bit little-endian
 */
export function readElfNeeds(bytes: Uint8Array): ElfNeeds {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isElf(bytes) || file[4] !== CLASS_64 || file[5] !== LITTLE_ENDIAN) {
    throw new ContractBroken('not a 64-bit little-endian ELF file');
  }
  const segments = readSegments(file);
  const dynamic = readDynamic(file, segments);
  const strings = offsetOf(segments, one(dynamic, DT_STRTAB) ?? 0n);
  const text = (at: number) => file.toString('latin1', strings + at, file.indexOf(0, strings + at));
  return {
    machine: file.readUInt16LE(18),
    libraries: (dynamic.get(DT_NEEDED) ?? []).map((at) => text(Number(at))),
    versions: readVersions(file, segments, dynamic, text),
  };
}

const MAGIC = Buffer.from('\x7fELF', 'latin1');
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;

interface Segment {
  type: number;
  offset: bigint;
  address: bigint;
  size: bigint;
}

function readSegments(file: Buffer): Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: file.readBigUInt64LE(at + 8),
      address: file.readBigUInt64LE(at + 16),
      size: file.readBigUInt64LE(at + 32),
    };
  });
}

/** Entries of the dynamic section by their tag; none in a file that needs no loader. */
function readDynamic(file: Buffer, segments: Segment[]): Map<bigint, bigint[]> {
  const entries = new Map<bigint, bigint[]>();
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return entries;
  const end = Number(dynamic.offset + dynamic.size);
  for (let at = Number(dynamic.offset); at < end; at += 16) {
    const tag = file.readBigInt64LE(at);
    if (tag === 0n) break;
    entries.set(tag, [...(entries.get(tag) ?? []), file.readBigUInt64LE(at + 8)]);
  }
  return entries;
}

/** Walks the two nested chains of `.gnu.version_r`: libraries, and the versions needed of each. */
function readVersions(
  file: Buffer,
  segments: Segment[],
  dynamic: Map<bigint, bigint[]>,
  text: (at: number) => string,
): Map<string, string[]> {
  const versions = new Map<string, string[]>();
  const address = one(dynamic, DT_VERNEED);
  if (address === undefined) return versions;
  let library = offsetOf(segments, address);
  for (let left = one(dynamic, DT_VERNEEDNUM) ?? 0n; left > 0n; left--) {
    const names: string[] = [];
    let version = library + file.readUInt32LE(library + 8);
    for (let count = file.readUInt16LE(library + 2); count > 0; count--) {
      names.push(text(file.readUInt32LE(version + 8)));
      version += file.readUInt32LE(version + 12);
    }
    versions.set(text(file.readUInt32LE(library + 4)), names.sort());
    library += file.readUInt32LE(library + 12);
  }
  return versions;
}

/** Where in the file the byte lies that is loaded at an address. */
function offsetOf(segments: Segment[], address: bigint): number {
  const segment = segments.find(
    ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
  );
  return segment ? Number(address - segment.address + segment.offset) : 0;
}

function one(dynamic: Map<bigint, bigint[]>, tag: bigint): bigint | undefined {
  return dynamic.get(tag)?.[0];
}
