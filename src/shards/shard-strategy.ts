import type { KeyRange } from '../contract/key-range.ts';

/** The functions of the store that a shard strategy calls. */
export interface ShardHost {
  /**
   * Resolves after one turn of the event loop. Long work, such as an index build, awaits it between slices.
   */
  yieldTurn(): Promise<void>;
  /** Returns the milliseconds of a clock that never steps back. Long work uses it to measure its slices. */
  monotonicMs(): number;
}

/**
 * Decides how the committed entries are stored. One strategy object may serve several stores.
 * @example
 * const store = new MemStore({ shards: rangeShards({ boundaries: ['h', 'p'] }) });
 */
export interface ShardStrategy {
  /** The name of the strategy, for messages and tests. */
  readonly name: string;
  /** Creates the table of one store. */
  create(host: ShardHost): ShardTable;
}

/**
 * The committed entries of one store, divided into shards. It has no notion of transactions. The store reads
 * from it, and writes to it only when it publishes a commit.
 *
 * INVARIANTS (the shard suite of `memstore-tx/testing` checks them):
 * - It behaves like a `Map` from strings to values, with any number of entries.
 * - No single call takes time proportional to the whole table. Growth and index builds run in slices.
 * - `get`, `set` and `delete` never throw and never wait.
 */
export interface ShardTable {
  /** The number of entries. */
  readonly size: number;
  /** Returns the value, or `undefined` if the key is absent. A value is never `undefined`. */
  get(key: string): unknown;
  /** Adds or replaces the value of a key. */
  set(key: string, value: unknown): void;
  /** Deletes a key. Returns whether it was present. */
  delete(key: string): boolean;
  /** Returns the number of the shard that currently contains the key. Numbers start at 0. */
  shardOf(key: string): number;
  /** The current number of shards. */
  readonly shardCount: number;
  /**
   * Returns access to the keys in order, or a promise if an index must be built first. Entries may be set and
   * deleted during the build. The result always reflects the current table.
   */
  ordered(): OrderedKeys | Promise<OrderedKeys>;
}

/** Access to the keys of a table in UTF-16 code unit order. It reflects all later changes of the table. */
export interface OrderedKeys {
  /**
   * Returns the first `limit` keys of the range in ascending order. With `reverse`, returns the last ones in
   * descending order.
   */
  keysIn(range: KeyRange, reverse: boolean, limit: number): string[];
}
