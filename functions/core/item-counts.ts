/** What became of the items of the features table. */
export interface ItemCounts {
  /** Photos with features: the rows of the snapshot. */
  used: number;
  /** Photos that can never be used, by reason. */
  refused: Record<string, number>;
  /** Tombstones of photos that were deleted. */
  erased: number;
}
