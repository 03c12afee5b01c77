/**
 * Rows on their way from one phase of reduce to the next: runs sorted by path (UTF-8 byte order, as S3 orders keys), to
 * be merged. An external merge sort: Knuth, The Art of Computer Programming 3, 5.4.
 *
 * A run lies in blocks of 4,096 rows, a file each, and a block in chunks of 32 rows, which is what a merge reads at a
 * time: the features of a chunk's rows as float32, then the rows as JSON. Beside the blocks lies a file of paths, a line
 * of JSON a chunk, from which exact boundaries are found without reading features.
 */

/** Rows a file: 21 MB of features at d = 1280. */
export const BLOCK_ROWS = 4096;
/** Rows read at a time while merging: 170 KB; a thousand runs are merged in 170 MB. */
export const CHUNK_ROWS = 32;

/** A run, as told to later phases. */
export interface SortedRun {
  /** Beginning of its files' names. */
  name: string;
  rows: number;
  /** Path of the first row of each chunk. */
  keys: string[];
  /** Bytes of each chunk's rows as JSON. */
  rowBytes: number[];
  /** Bytes of each chunk's line in the file of paths. */
  keyBytes: number[];
}

/** Consecutive rows of one run: some chunks of it, and where among their rows to begin and end. */
export interface Piece {
  slices: Slice[];
  /** Rows at the beginning of the first chunk that are not of the piece. */
  skip: number;
  rows: number;
}

/** Consecutive chunks of one block. */
export interface Slice {
  file: string;
  /** Bytes before it in the file. */
  start: number;
  /** Number of rows of each chunk, and bytes of them as JSON. */
  chunks: [rows: number, rowBytes: number][];
}

/** File of a block of a run. */
export function blockName(run: string, block: number): string {
  return `${run}-${String(block).padStart(5, '0')}`;
}

/** File of the paths of a run. */
export function keysName(run: string): string {
  return `${run}-keys`;
}

/** Bytes of a chunk, as it lies in a block. */
export function chunkBytes([rows, rowBytes]: Slice['chunks'][number], dimension: number): number {
  return 4 * rows * dimension + rowBytes;
}

/** Rows [from, to) of a run, to > from, with d features each. */
export function pieceOf(run: SortedRun, dimension: number, from: number, to: number): Piece {
  const first = Math.floor(from / CHUNK_ROWS);
  const end = Math.ceil(to / CHUNK_ROWS);
  const chunk = (at: number): Slice['chunks'][number] => [
    Math.min(CHUNK_ROWS, run.rows - at * CHUNK_ROWS),
    run.rowBytes[at]!,
  ];
  const slices: Slice[] = [];
  const perBlock = BLOCK_ROWS / CHUNK_ROWS;
  for (let at = first; at < end; ) {
    const block = Math.floor(at / perBlock);
    let start = 0;
    for (let before = block * perBlock; before < at; before++) start += chunkBytes(chunk(before), dimension);
    const chunks: Slice['chunks'] = [];
    for (; at < Math.min(end, (block + 1) * perBlock); at++) chunks.push(chunk(at));
    slices.push({ file: blockName(run.name, block), start, chunks });
  }
  return { slices, skip: from - first * CHUNK_ROWS, rows: to - from };
}
