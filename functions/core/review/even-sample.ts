/** Fewer photos than there are, without losing a small label. */

/**
 * How many photos of each label to take so that the most evenly spread `most` are taken: all labels get the same room, and
 * what a small label does not fill goes to the others. Labels keep their order.
 *
 * @param counts photos of each label
 * @returns as many numbers, each at most its count; their sum is `most`, or all photos where they are fewer
 */
export function shareEvenly(counts: readonly number[], most: number): number[] {
  const taken = counts.map(() => 0);
  const order = counts.map((_, at) => at).sort((a, b) => counts[a]! - counts[b]!);
  let room = most;
  for (const [done, at] of order.entries()) {
    taken[at] = Math.min(counts[at]!, Math.floor(room / (order.length - done)));
    room -= taken[at]!;
  }
  return taken;
}

/** Decides of photos in order which are taken: of each label as many as {@link shareEvenly} says, at even distances. */
export class EvenSample {
  readonly #of = new Map<string | null, { count: number; take: number; seen: number }>();
  /** Photos that will have been taken in the end. */
  readonly size: number;

  /**
   * @param labels photos of each label
   * @param before of each label, photos that were decided of elsewhere, in the same way
   */
  constructor(
    labels: ReadonlyMap<string | null, number>,
    most: number,
    before: ReadonlyMap<string | null, number> = new Map(),
  ) {
    const takes = shareEvenly([...labels.values()], most);
    for (const [at, [label, count]] of [...labels].entries()) {
      this.#of.set(label, { count, take: takes[at]!, seen: before.get(label) ?? 0 });
    }
    this.size = takes.reduce((sum, take) => sum + take, 0);
  }

  /** Whether the next photo, which bears this label, is taken. */
  takes(label: string | null): boolean {
    const of = this.#of.get(label);
    if (of === undefined) return false;
    const before = Math.floor((of.seen * of.take) / of.count);
    of.seen += 1;
    return Math.floor((of.seen * of.take) / of.count) > before;
  }
}
