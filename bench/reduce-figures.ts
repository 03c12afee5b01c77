/** What the reduce benchmark measures. */
import type { ReduceFigures } from './reduce-once.ts';
import type { Skipped } from './reduce-peers.ts';

/** Rows for what is too slow for more. */
export const PLAIN_ROWS = 2048;
export const ML_PCA_ROWS = 2000;
export const INCREMENTAL_ROWS = 12_800;
/** Rows a partial fit of IncrementalPCA: its default, which is 5 times the features, and what was found fastest. */
export const INCREMENTAL_BATCHES = [6400, 128] as const;
/** NumPy's names of float32, which the rows are, and of float64, in which Verger sums. */
export const PRECISIONS = ['f4', 'f8'] as const;

/** Of a program in bench/peers; what it does not do is absent. */
export interface PeerFigures {
  seconds: number;
  load: number;
  fit: number;
  write: number;
  /** 10⁶ bytes. */
  peakMegabytes: number;
  explainedVarianceRatio: number[];
}

export type Peer = PeerFigures | Skipped;

/** One turn of each. */
export interface Round {
  /** By batch size, in float32. */
  incremental: Peer[];
  /** By size. */
  reduces: ReduceFigures[];
  /** By size, then by precision. */
  full: Peer[][];
}

export interface Figures {
  /** Numbers of rows, ascending. */
  sizes: number[];
  rounds: Round[];
  /** The smallest size out of the local DynamoDB. */
  fromTable: ReduceFigures;
  /** By size. */
  spark: Peer[];
  /** Rows a second. */
  plainAccumulate: number;
  /** Seconds. */
  mlPca: number;
  /** Seconds, out of the same moments. */
  fits: { ours: number; mlPca: number };
}
