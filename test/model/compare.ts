/** How alike two rows of features are: their cosine, and the largest difference of two numbers. */
export function compare(a: ArrayLike<number>, b: ArrayLike<number>): { cosine: number; difference: number } {
  let [ab, aa, bb, difference] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
    difference = Math.max(difference, Math.abs(a[i]! - b[i]!));
  }
  return { cosine: ab / Math.sqrt(aa * bb), difference };
}
