/** A walk through something sorted, standing on its first element at the beginning. */
export interface Cursor {
  /** What the elements are sorted by, compared byte by byte. */
  readonly key: Uint8Array;
  /** Steps to the next element. @returns false past the last one */
  advance(): boolean;
}

/**
 * Merges sorted cursors: yields, for every element in key order, the cursor that stands on it. Takes
 * log2(cursors) comparisons an element, by a binary heap (Knuth, TAOCP 3, 5.4.1).
 *
 * @param heap is consumed
 */
export function* merge<C extends Cursor>(heap: C[]): Generator<C> {
  for (let i = heap.length >> 1; i >= 0; i--) siftDown(heap, i);
  while (heap[0]) {
    yield heap[0];
    if (!heap[0].advance()) {
      const end = heap.pop()!;
      if (heap.length > 0) heap[0] = end;
    }
    siftDown(heap, 0);
  }
}

function siftDown(heap: Cursor[], from: number): void {
  for (let parent = from, child = 2 * from + 1; child < heap.length; child = 2 * parent + 1) {
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
    if (!before(heap[child]!, heap[parent]!)) return;
    [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
    parent = child;
  }
}

function before(a: Cursor, b: Cursor): boolean {
  return Buffer.compare(a.key, b.key) < 0;
}
