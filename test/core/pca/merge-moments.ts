import { joinMoments, type Moments } from '../../../functions/core/pca/moments.ts';

/** The moments of two disjoint sets of rows together; both stay as they are. */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const merged = structuredClone(a);
  joinMoments(merged, b);
  return merged;
}
