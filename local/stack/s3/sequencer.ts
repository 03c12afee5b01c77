/** S3's sequencers: of two events of one key, the later carries the larger. */

/**
 * Counts up from the clock, so that numbers stay in order over a restart too.
 *
 * Each is 18 hexadecimal digits, as S3's usually are: milliseconds since the epoch, then a counter.
 *
 * @param floor a sequencer that every one given out must exceed, for a clock that was set back
 */
export function createSequencer(now: () => number, floor?: string): () => string {
  let last = floor === undefined ? 0n : BigInt(`0x${floor}`);
  return () => {
    const fromClock = BigInt(now()) << COUNTER_BITS;
    last = fromClock > last ? fromClock : last + 1n;
    return last.toString(16).toUpperCase().padStart(DIGITS, '0');
  };
}

const COUNTER_BITS = 24n;
const DIGITS = 18;
