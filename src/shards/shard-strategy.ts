import type { KeyRange } from '../contract/key-range.ts';

/** What the store does for a shard strategy. */
export interface ShardHost {
  /** Resolves when other work has had its turn. Long work (building an index) awaits it between slices. */
  yieldTurn(): Promise<void>;
  /** Milliseconds on a clock that never steps back, to measure slices with. */
  monotonicMs(): number;
}

/** Decides where committed entries live. One strategy object may serve several stores. */
export interface ShardStrategy {
  readonly name: string;
  create(host: ShardHost): ShardTable;
}

/**
 * The committed entries of one store, divided into shards. It knows nothing of transactions: the store
 * calls it only in the one synchronous step that publishes a commit, and to read.
 *
 * INVARIANTS (the shard suite of `memstore-tx/testing` checks them):
 * - It behaves like one `Map` from string to value, whatever the number of entries.
 * - No single call pays for the whole table: growth and index building go on in slices.
 * - `get`, `set` and `delete` never throw and never wait.
 */
export interface ShardTable {
  /** The number of entries. */
  readonly size: number;
  /** The value as it was set, or undefined when absent. (Values are never undefined.) */
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** Returns whether the key was there. */
  delete(key: string): boolean;
  /** The number, from 0, of the shard that the key belongs to now. */
  shardOf(key: string): number;
  /** How many shards there are now. */
  readonly shardCount: number;
  /**
   * Gives access in key order; a promise when an index has to be built first. Entries may be set and
   * deleted while it is being built; the result is always true to the table as it is when read.
   */
  ordered(): OrderedKeys | Promise<OrderedKeys>;
}

/** Access to the keys of a table in UTF-16 code unit order. It follows every later change of the table. */
export interface OrderedKeys {
  /** The first `limit` keys of the range, ascending; with `reverse` the last ones, descending. */
  keysIn(range: KeyRange, reverse: boolean, limit: number): string[];
}
