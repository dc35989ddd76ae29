/**
 * Decides which entries stay in memory. One strategy object may serve several stores.
 * @example
 * const store = new MemStore({ cache: lru({ max: 10_000 }) });
 */
export interface CacheStrategy {
  /** The name of the strategy, for messages and tests. */
  readonly name: string;
  /** Creates the cache of one store. */
  create(): Cache;
}

/**
 * Counts the committed entries of one store, and selects the entries to evict. It never removes an entry
 * itself. The store takes the first candidate that no transaction has locked, removes it in a separate
 * transaction, and calls `onRemove`.
 *
 * INVARIANTS (the cache suite of `memstore-tx/testing` checks them):
 * - At any time, `entries` and `totalSize` match the entries that were written and not removed.
 * - `candidates` yields each entry at most once, in eviction order.
 */
export interface Cache {
  /**
   * The TTL of an entry that is put without a `ttl`, in milliseconds. `undefined` if such entries never
   * expire.
   */
  readonly defaultTtlMs: number | undefined;
  /** Whether the store exceeds the limits of the strategy, so that entries must be evicted. */
  readonly isOverfull: boolean;
  /** The number of counted entries. 0 if the strategy does not count. */
  readonly entries: number;
  /**
   * The sum of the sizes of the entries, in the unit of the strategy. 0 if the strategy measures no sizes.
   */
  readonly totalSize: number;
  /**
   * Returns the size of an entry in the unit of the strategy, or 1 if the strategy measures no sizes. The
   * store calls it when a value is put, so that an error fails the put and not the commit.
   */
  sizeOf(key: string, value: unknown): number;
  /**
   * Returns whether an entry of this size can stay. If not, the put fails with `LIMIT_EXCEEDED`.
   */
  fits(size: number): boolean;
  /** Called after a committed value was read. */
  onRead(key: string): void;
  /** Called after a value of this key was committed. `size` is the result of `sizeOf`. */
  onWrite(key: string, size: number): void;
  /** Called after an entry was deleted or evicted, or has expired. */
  onRemove(key: string): void;
  /**
   * Returns the keys in eviction order. The store reads only the first few keys, so the iterator should
   * compute keys lazily.
   */
  candidates(): Iterable<string>;
}
