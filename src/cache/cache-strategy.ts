/**
 * Decides which entries stay in memory. One strategy object may serve several stores.
 * @example
 * const store = new MemStore({ cache: lru({ max: 10_000 }) });
 */
export interface CacheStrategy {
  /** The name of the strategy, for messages and tests. */
  readonly name: string;
  /** Creates the account of one store. */
  create(): Cache;
}

/**
 * Counts the committed entries of one store, and names the entries to evict. It never removes an entry
 * itself: the store takes the first candidate that no transaction has locked, removes it in a transaction of
 * its own, and then calls `onRemove`.
 *
 * INVARIANTS (the cache suite of `memstore-tx/testing` checks them):
 * - `entries` and `totalSize` equal a recount over everything written and not removed, at any time.
 * - `candidates` yields each entry at most once, in the order of eviction.
 */
export interface Cache {
  /** The TTL of an entry that is put without a `ttl`, in milliseconds; `undefined` for ever. */
  readonly defaultTtlMs: number | undefined;
  /** `true` if the store has more than the strategy allows, so that entries must be evicted. */
  readonly isOverfull: boolean;
  /** The number of entries in the account; 0 for a strategy that keeps no account. */
  readonly entries: number;
  /** The sum of the sizes of the entries, in the unit of the strategy; 0 if it measures nothing. */
  readonly totalSize: number;
  /**
   * Returns the size of an entry in the unit of the strategy, or 1 if it measures nothing. The store calls it
   * when a value is put, so that an error fails the put and not the commit.
   */
  sizeOf(key: string, value: unknown): number;
  /**
   * Returns whether an entry of this size can stay. If not, the put fails with `LIMIT_EXCEEDED`.
   */
  fits(size: number): boolean;
  /** Called after a committed value was read. */
  onRead(key: string): void;
  /** Called after a value was committed under this key. `size` is the result of `sizeOf`. */
  onWrite(key: string, size: number): void;
  /** Called after an entry was deleted, has expired or was evicted. */
  onRemove(key: string): void;
  /**
   * Returns the keys in the order of eviction. The store reads only the first few, so the cost must grow with
   * the keys that are read.
   */
  candidates(): Iterable<string>;
}
