/** A range's sample as a work file: its rows as a line of JSON, then features, then components, float32. */
import type { RowSampler, SampledRows } from './sample.ts';

/** Where a sample lies, and what its file holds. */
export interface SampleFile {
  name: string;
  rows: number;
  /** Bytes of the line of JSON. */
  head: number;
  /** Numbers of all rows' features, and of their components. */
  features: number;
  components: number;
}

/** Bytes read at a time. */
const PIECE = 2 ** 25;

/** The file's description, and its bytes in pieces. */
export function encodeSample(
  name: string,
  sampler: RowSampler,
): { of: SampleFile; pieces: Iterable<Uint8Array> } {
  const { rows, components, featureBytes } = sampler;
  const head = Buffer.from(JSON.stringify(rows));
  const of: SampleFile = {
    name,
    rows: rows.length,
    head: head.length,
    features: featureBytes / 4,
    components: components.length,
  };
  const pieces = (function* () {
    yield head;
    yield* sampler.features();
    yield bytesOf(components);
  })();
  return { of, pieces };
}

/**
 * The samples of ranges that follow each other, as one.
 *
 * @param read bytes [start, end) of a work file
 */
export async function readSamples(
  files: SampleFile[],
  read: (name: string, start: number, end: number) => Promise<Uint8Array>,
): Promise<SampledRows> {
  const total = (of: 'features' | 'components') => files.reduce((sum, file) => sum + file[of], 0);
  const features = new Float32Array(total('features'));
  const components = new Float32Array(total('components'));
  const rows: SampledRows['rows'] = [];
  let [featuresAt, componentsAt] = [0, 0];
  for (const file of files) {
    const head = Buffer.from(await read(file.name, 0, file.head)).toString();
    for (const row of JSON.parse(head) as SampledRows['rows']) rows.push(row);
    const copy = async (into: Float32Array, at: number, count: number, start: number) => {
      const bytes = bytesOf(into.subarray(at, at + count));
      for (let from = 0; from < bytes.length; from += PIECE) {
        const to = Math.min(from + PIECE, bytes.length);
        bytes.set(await read(file.name, start + from, start + to), from);
      }
    };
    await copy(features, featuresAt, file.features, file.head);
    await copy(components, componentsAt, file.components, file.head + 4 * file.features);
    featuresAt += file.features;
    componentsAt += file.components;
  }
  return { rows, features, components };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
