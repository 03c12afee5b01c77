/**
 * Writes the rows of a snapshot's first part again with every codec and encoding, then with row groups of several sizes,
 * and prints the tables of docs/parquet.md: `npm run bench -- parquet SNAPSHOT`. Times are of one core's processor.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Variant } from './write-once.ts';

const ENCODINGS = ['PLAIN', 'DICTIONARY', 'BYTE_STREAM_SPLIT'] as const;
const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'LZ4_RAW', 'ZSTD', 'GZIP', 'BROTLI'] as const;
const ROW_GROUPS = [1024, 2048, 4096, 8192, 16384];

/** Prints both tables. @param args a snapshot's folder */
export async function run([snapshot = '']: string[]): Promise<void> {
  const part = join(snapshot, 'part-00000.parquet');
  if (!existsSync(part)) {
    console.log(`parquet: needs a snapshot: npm run bench -- parquet out/rows; there is no ${part}`);
    return;
  }
  const byCodec = ENCODINGS.flatMap((encoding) =>
    CODECS.map((codec) => ({ encoding, codec, rowGroupRows: 4096 })),
  );
  console.table(byCodec.map((variant) => writeOnce(part, variant)));
  const byRowGroup = ROW_GROUPS.map((rowGroupRows): Variant => {
    return { encoding: 'PLAIN', codec: 'SNAPPY', rowGroupRows };
  });
  console.table(byRowGroup.map((variant) => writeOnce(part, variant)));
}

/** WebAssembly memory never shrinks: each variant is measured in a process of its own. */
function writeOnce(part: string, variant: Variant): unknown {
  const script = join(import.meta.dirname, 'write-once.ts');
  const args = ['--import', 'tsx', script, part, JSON.stringify(variant)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return { ...variant, ...JSON.parse(stdout) };
}
