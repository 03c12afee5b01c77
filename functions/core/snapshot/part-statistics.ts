import type { SnapshotRows } from './rows.ts';

/** Smallest and largest values of a part, by which readers skip it, as plain JSON. Text is ordered by its UTF-8 bytes. */
export interface PartStatistics {
  path: [least: string, most: string];
  /** Absent where no row has a label. */
  label?: [least: string, most: string];
  /** Rows without a label. */
  unlabelled: number;
  /** Milliseconds since the epoch. */
  featurizedAt: [least: number, most: number];
}

/** Gathers the statistics of a part while its rows pass. */
export class PartSurvey {
  #path: PartStatistics['path'] | undefined;
  #label: PartStatistics['label'];
  #featurizedAt: PartStatistics['featurizedAt'] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #unlabelled = 0;

  /** Lets batches pass, in path order. */
  async *watch(batches: AsyncIterable<SnapshotRows>): AsyncGenerator<SnapshotRows> {
    for await (const batch of batches) {
      for (const { key, label, featurizedAt } of batch.rows) {
        this.#path = [this.#path?.[0] ?? key, key];
        this.#featurizedAt = [
          Math.min(this.#featurizedAt[0], featurizedAt),
          Math.max(this.#featurizedAt[1], featurizedAt),
        ];
        if (label === null) this.#unlabelled += 1;
        else if (label !== this.#label?.[1]) this.#addLabel(label);
      }
      yield batch;
    }
  }

  /** Of at least one row. */
  get statistics(): PartStatistics {
    const label = this.#label && { label: this.#label };
    const path = this.#path ?? ['', ''];
    return { path, ...label, unlabelled: this.#unlabelled, featurizedAt: this.#featurizedAt };
  }

  #addLabel(label: string): void {
    const [least, most] = this.#label ?? [label, label];
    this.#label = [isBefore(label, least) ? label : least, isBefore(most, label) ? label : most];
  }
}

/** JavaScript's own order, of UTF-16 units, puts characters past U+FFFF before those from U+E000 on. */
function isBefore(one: string, other: string): boolean {
  return Buffer.compare(Buffer.from(one), Buffer.from(other)) < 0;
}
