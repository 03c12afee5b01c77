/** What the reduce benchmark measures. */

import type { Skipped } from '../peers/run-peer.ts';
import type { ReduceFigures } from './once.ts';

/** Rows for what is too slow for more. */
export const PLAIN_ROWS = 2048;
export const ML_PCA_ROWS = 2000;
export const INCREMENTAL_ROWS = 12_800;
/** Rows a partial fit of IncrementalPCA: its default, which is 5 times the features, and what was found fastest. */
export const INCREMENTAL_BATCHES = [6400, 128] as const;
/** NumPy's names of float32, which the rows are, and of float64, in which Verger sums. */
const PRECISIONS = ['f4', 'f8'] as const;
/** scikit-learn's exact solvers: the SVD of all rows, and the fastest here. */
const SOLVERS = ['full', 'covariance_eigh'] as const;
/** Every way in which scikit-learn fits its full PCA. */
export const FULL_FITS = SOLVERS.flatMap((solver) => PRECISIONS.map((precision) => ({ solver, precision })));

/** Of a program in bench/peers; what it does not do is absent. */
export interface PeerFigures {
  seconds: number;
  /** Processor time of all threads. */
  processorSeconds: number;
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
  /** Rows a second that our moments take in out of memory, as IncrementalPCA does. */
  accumulate: number;
  /** By batch size, in float32. */
  incremental: Peer[];
  /** By size. */
  reduces: ReduceFigures[];
  /** By size, then as {@link FULL_FITS}. */
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
