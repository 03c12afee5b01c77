/** An object's key is `key` everywhere in the code. Only what is stored has other names for it. */

/** Partition key of the features table. */
export const KEY_ATTRIBUTE = 'photo';

/** Column of the Parquet parts and of the CSV: Spark's word. */
export const KEY_COLUMN = 'path';
