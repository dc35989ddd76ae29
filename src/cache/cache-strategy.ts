/** Decides what stays in memory. One strategy object may serve several stores. */
export interface CacheStrategy {
  readonly name: string;
  create(): Cache;
}

/**
 * Keeps account of the committed entries of one store and says which ones should go. It never removes
 * anything itself: the store takes the first candidate that no transaction has locked, removes it in a
 * transaction of its own, and reports that with `onRemove`.
 *
 * INVARIANTS (the cache suite of `memstore-tx/testing` checks them):
 * - `entries` and `totalSize` equal a recount over everything written and not removed, at any time.
 * - `candidates` yields each entry at most once, the one to go first being first.
 */
export interface Cache {
  /** The life of an entry that is put without a `ttl` of its own, in milliseconds; undefined for ever. */
  readonly defaultTtlMs: number | undefined;
  /** True when more is kept than the strategy is asked to keep. */
  readonly isOverfull: boolean;
  /** How many entries are accounted for; 0 for a strategy that keeps no account. */
  readonly entries: number;
  /** The sum of their sizes, in the unit of the strategy's own measure; 0 without one. */
  readonly totalSize: number;
  /**
   * The size of an entry in the strategy's own measure, 1 without one. Called when a value is put, so that
   * a measure that throws fails the put and not the commit.
   */
  sizeOf(key: string, value: unknown): number;
  /**
   * False when an entry of this size could never stay. The put that brings it fails with `LIMIT_EXCEEDED`.
   */
  fits(size: number): boolean;
  /** A committed value was read. */
  onRead(key: string): void;
  /** A value was committed under this key; `size` is what `sizeOf` said of it. */
  onWrite(key: string, size: number): void;
  /** The key is gone: deleted, expired or evicted. */
  onRemove(key: string): void;
  /**
   * The entries in the order in which they should go. Read lazily, so it must not cost more than what is read
   * of it.
   */
  candidates(): Iterable<string>;
}
