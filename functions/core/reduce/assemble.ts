/** The fourth phase: the rows of one range, merged, become its sums. */

import { addClassRows, type ClassSums, emptyClassSums, joinClassSums } from '../classifier/class-sums.ts';
import { addRows, emptyMoments, joinMoments, MOMENT_ROWS, type Moments } from '../pca/moments.ts';
import { encodeArrays } from '../spool/arrays.ts';
import { bringNear, sortedRows } from '../spool/sorted-rows.ts';
import { stopwatch } from '../stopwatch.ts';
import { encodeClassSums } from './class-sums-file.ts';
import { once, type PhasePorts, resultOf, type TaskTimes, taskName } from './phase.ts';
import { readPieces, type Split } from './split.ts';

/** What is known of a range before there is a PCA. */
export interface Assembled extends TaskTimes {
  /** Path of the first row, and of the last. */
  first: string;
  last: string;
  /** File of the range's moments. */
  moments: string;
  /** Photos by label, in order of first appearance. */
  labels: [label: string | null, photos: number][];
  /** File of the range's sums by label. */
  classes: string;
}

/**
 * Merges the rows of one range, and sums them up: the moments of its parts, merged in order.
 *
 * Rows are not stored again: `project` merges them once more from the same pieces, which is as many bytes to read and
 * none to write.
 *
 * Whatever has to see every row once before the PCA is fitted, such as sums by label, is added up here: a part at a
 * time, the parts merged in order; and merged over ranges, in order, by `fit`.
 */
export async function assemble(ports: PhasePorts, range: number): Promise<Assembled> {
  return await once(ports, taskName('assemble', range), async (attempt) => {
    const { work, products, scratch, tree } = ports;
    const { milliseconds, timed } = stopwatch(ports.clock);
    return await timed('accumulate', async () => {
      const split = await resultOf<Split>(work, 'split');
      const { model, dimension } = split;
      const pieces = await bringNear(work, await readPieces(ports, split, range), dimension, scratch);
      const whole = emptyMoments(model, dimension);
      const labels = new Map<string | null, number>();
      const wholeClasses = emptyClassSums(dimension);
      let part: { moments: Moments; classes: ClassSums } | undefined;
      const joinPart = () => {
        if (part === undefined) return;
        joinMoments(whole, part.moments);
        joinClassSums(wholeClasses, part.classes);
        part = undefined;
      };
      let first: string | undefined;
      let last = '';
      for (const { rows, features } of sortedRows(pieces, dimension, Math.min(MOMENT_ROWS, tree.partRows))) {
        part ??= { moments: emptyMoments(model, dimension), classes: emptyClassSums(dimension) };
        for (const { label } of rows) labels.set(label, (labels.get(label) ?? 0) + 1);
        await addRows(part.moments, features, rows.length, products);
        addClassRows(
          part.classes,
          rows.map(({ label }) => label),
          features,
        );
        first ??= rows[0]!.key;
        last = rows.at(-1)!.key;
        if (part.moments.count === tree.partRows) joinPart();
      }
      joinPart();
      const { mean, meanRest, scatter, count } = whole;
      const moments = `${taskName('assemble', range)}-${attempt}`;
      await work.write(moments, encodeArrays({ model, dimension, count }, { mean, meanRest, scatter }));
      const classes = `${moments}-classes`;
      await work.write(classes, encodeClassSums(wholeClasses));
      return { first: first ?? '', last, moments, classes, labels: [...labels], milliseconds };
    });
  });
}
