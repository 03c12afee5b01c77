/** What the page hands to its own script: columns, so that 8,000 points stay small. */
import type { Column } from './columns.ts';

export interface Payload {
  /** Share of the variance of each component drawn, descending. */
  shares: number[];
  /** Components kept. */
  kept: number;
  elbow?: { components: number; method: string };
  /** Shares of the variance at which the plot has lines. */
  levels: number[];
  /** In the table's order; null: photos without a label. */
  labels: (string | null)[];
  photos: Photos;
  /** Of the photos on the map, which are the first of all. */
  points: {
    count: number;
    /** The first PCA columns, at most ten. */
    components: Column[];
    /** Another arrangement of the same photos, by their neighbours. */
    nearby?: [x: Column, y: Column];
    neighbours?: {
      each: number;
      /** Whole numbers in base64: places of photos, each point's nearest first. */
      place: string;
      /** Cosines: −1 is 0, 1 is 65535. */
      similarity: string;
    };
  };
  /** WebP in base64. */
  thumbnails: { place: number[]; data: string[] };
}

/** All photos that the page names: the points sorted by key, then others, which are only neighbours of points. */
export interface Photos {
  /** How many leading characters each key shares with the key before it; `rest` holds the others. */
  shared: number[];
  rest: string[];
  /** Places in `labels`: whole numbers in base64. */
  label: string;
}

/** The keys that `packPayload` packed. */
export function unpackKeys({ shared, rest }: Photos): string[] {
  let key = '';
  return rest.map((tail, at) => {
    key = key.slice(0, shared[at]) + tail;
    return key;
  });
}
