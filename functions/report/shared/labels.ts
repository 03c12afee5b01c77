/** The order and the wording of labels, in the table and in the charts. */

const collator = new Intl.Collator('en', { numeric: true });

/** What stands where a photo has no label. */
export const UNLABELLED = 'no label';

/** Orders labels as a person would (`Apple 2` before `Apple 10`), photos without one last. */
export function compareLabels(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}
