/**
 * Files that the phases of one reduce hand to each other. Where they lie is the only difference between one function
 * and a thousand: on its own disk ({@link LocalWork}), or below `work/<run>/` in the snapshot bucket.
 */
export interface WorkStore {
  /** Writes a file under a name that nobody else writes; the pieces are asked for one after the other. */
  write(name: string, pieces: Iterable<Uint8Array>): Promise<void>;

  /**
   * Writes a file unless there is one: of several attempts at one task, the first that is done is the one that counts.
   *
   * @returns false where there was one, which stays
   */
  commit(name: string, content: Uint8Array): Promise<boolean>;

  /**
   * Reads bytes [start, end) of a file, by default all.
   *
   * @returns undefined where there is no such file
   */
  read(name: string, start?: number, end?: number): Promise<Uint8Array | undefined>;

  /** Where byte `start` of a file lies on this machine's disk. Absent where files are far away. */
  near?(name: string, start: number): NearBytes;
}

/** A place in an open file. */
export interface NearBytes {
  /** File descriptor. */
  file: number;
  position: number;
}
