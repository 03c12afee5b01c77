/** What the page hands to its own script: columns of whole numbers, so that 20,000 points stay small. */
export interface Payload {
  /** Share of the variance of each component drawn, descending. */
  shares: number[];
  /** Components kept. */
  kept: number;
  elbow?: { components: number; method: string };
  /** In the table's order; null: photos without a label. */
  labels: (string | null)[];
  points: {
    /** Place of each point's label in `labels`. */
    label: number[];
    /** How many leading characters each key shares with the key before it; `rest` holds the others. */
    shared: number[];
    rest: string[];
    x: Column;
    /** Absent where there is only one component. */
    y?: Column;
  };
}

/** A column of coordinates: value = from + step × at. */
export interface Column {
  from: number;
  step: number;
  /** Whole numbers in 0…9999. */
  at: number[];
}

/** The keys that `packPayload` packed, sorted. */
export function unpackKeys({ shared, rest }: Payload['points']): string[] {
  let key = '';
  return rest.map((tail, at) => {
    key = key.slice(0, shared[at]) + tail;
    return key;
  });
}

/** The coordinates that `packPayload` packed. */
export function unpackColumn({ from, step, at }: Column): number[] {
  return at.map((steps) => from + step * steps);
}
