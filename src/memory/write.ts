/** The change of one key that a transaction makes when it commits. */
export interface Write {
  readonly key: string;
  /** The value to put; undefined to delete the key. */
  readonly value: unknown;
  /**
   * The time to live; `Infinity` if the entry never expires. Undefined for the default of the cache strategy.
   */
  readonly ttlMs: number | undefined;
  /** The size of the entry, in the unit of the cache strategy. */
  readonly size: number;
  /**
   * The deadline that the entry keeps, on the epoch clock. Absent if `ttlMs` gives the time to live. Most
   * writes do not have this property, which keeps the writes small.
   */
  readonly expiresAtMs?: number | undefined;
  /** Present and true if only the time to live of a committed entry changes. */
  readonly isTouch?: true | undefined;
}

/** The writes of a commit. It has at most one write for each key. */
export interface Writes extends Iterable<Write> {
  readonly size: number;
  get(key: string): Write | undefined;
}

/** Returns the write that deletes a key. */
export function deletionOf(key: string): Write {
  return { key, value: undefined, ttlMs: undefined, size: 0 };
}
