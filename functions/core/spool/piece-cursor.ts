import { readFully } from './local-work.ts';
import type { Cursor } from './merge.ts';
import { chunkBytes, type Piece, type Slice } from './sorted-run.ts';
import type { SpooledRow } from './spooled-row.ts';
import type { NearBytes } from './work-store.ts';

/** A piece whose bytes are on local disk, slice by slice. */
export interface NearPiece extends Piece {
  places: NearBytes[];
}

/** Walks through the rows of a piece, a chunk in memory at a time; stands on its first row when made. */
export class PieceCursor implements Cursor {
  row!: SpooledRow;
  /** The row's path as UTF-8. */
  key!: Buffer;
  /** Float32Array [d], a view that later rows replace. */
  features!: Float32Array;
  readonly #dimension: number;
  readonly #chunks: Iterator<NearChunk>;
  #left: number;
  #rows: SpooledRow[] = [];
  /** One for all chunks: what is made for each again is collected late. */
  #bytes = new Uint8Array();
  #values: Float32Array = new Float32Array();
  #next = 0;

  constructor(piece: NearPiece, dimension: number) {
    this.#dimension = dimension;
    this.#chunks = chunksOf(piece, dimension);
    this.#left = piece.rows;
    this.#load();
    this.#next = piece.skip;
    this.advance();
  }

  /** @returns false behind the last row */
  advance(): boolean {
    if (this.#left === 0) return false;
    if (this.#next === this.#rows.length) this.#load();
    this.row = this.#rows[this.#next]!;
    this.key = Buffer.from(this.row.key);
    this.features = this.#values.subarray(this.#next * this.#dimension, (this.#next + 1) * this.#dimension);
    this.#next += 1;
    this.#left -= 1;
    return true;
  }

  #load(): void {
    const { rows, length, place } = this.#chunks.next().value as NearChunk;
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    readFully(place, this.#bytes.subarray(0, length));
    const features = rows * this.#dimension;
    this.#values = new Float32Array(this.#bytes.buffer, 0, features);
    this.#rows = JSON.parse(Buffer.from(this.#bytes.buffer).toString('utf8', 4 * features, length));
    this.#next = 0;
  }
}

interface NearChunk {
  rows: number;
  length: number;
  place: NearBytes;
}

function* chunksOf({ slices, places }: NearPiece, dimension: number): Generator<NearChunk> {
  for (const [at, { chunks }] of slices.entries()) {
    let { file, position } = places[at]!;
    for (const chunk of chunks) {
      const length = chunkBytes(chunk, dimension);
      yield { rows: chunk[0], length, place: { file, position } };
      position += length;
    }
  }
}

/** Bytes of a slice. */
export function sliceBytes({ chunks }: Slice, dimension: number): number {
  return chunks.reduce((sum, chunk) => sum + chunkBytes(chunk, dimension), 0);
}
