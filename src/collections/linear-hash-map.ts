import { BucketTable, walkMap } from './bucket-table.ts';

/** The sizes at which a {@link LinearHashMap} changes its shape. */
export interface LinearHashSizes {
  /** Up to so many entries there is one `Map` only, and no key is hashed. A power of two. */
  readonly singleLimit: number;
  /** The number of buckets in a shard, which is also the mean number of its entries. A power of two. */
  readonly shardMean: number;
}

/**
 * A shard of this size has 450 KB. It lies in V8's space for large objects, where no room is lost between
 * objects and nothing is copied, and allocating it takes a tenth of a millisecond.
 */
export const DEFAULT_SIZES: LinearHashSizes = { singleLimit: 2 ** 17, shardMean: 2 ** 14 };

/** How many entries of the single `Map` move on with each new key, once there are shards. */
const MOVED_PER_SET = 4;

/**
 * A map in which every call moves at most a few entries, at any size. Unlike a `Map`, it may have more than
 * 2^24 entries.
 *
 * While it is small it is one `Map`. Beyond `singleLimit` it is a {@link BucketTable}, and the entries of the
 * `Map` move there a few with each new key.
 * INVARIANT: meanwhile an entry of `#leaving` counts only when the table has none for its key, and a deletion
 * deletes from both. (An entry that moves is not deleted from `#leaving`: V8 shrinks a `Map` then, which
 * takes 30 ms.)
 *
 * When the last entry is deleted, it is one `Map` again.
 */
export class LinearHashMap<V> {
  readonly #sizes: LinearHashSizes;
  /** The only `Map`; undefined when there are shards. */
  #single: Map<string, V> | undefined = new Map();
  /**
   * How many slots of the single `Map` are in use at most. V8 keeps those of deleted keys until it rehashes.
   */
  #singleSlots = 0;
  #table: BucketTable<V>;
  #shardedSize = 0;
  /** The former single `Map`, while not all of its entries have moved, and where the move has come to. */
  #leaving: Map<string, V> | undefined;
  #leavingEntries: Iterator<[string, V], undefined> = new Map<string, V>().entries();

  constructor(sizes: LinearHashSizes = DEFAULT_SIZES) {
    this.#sizes = sizes;
    this.#table = new BucketTable(sizes.shardMean);
  }

  get size(): number {
    return this.#single === undefined ? this.#shardedSize : this.#single.size;
  }

  get shardCount(): number {
    return this.#single === undefined ? this.#table.shardCount : 1;
  }

  shardOf(key: string): number {
    return this.#single === undefined ? this.#table.shardOf(key) : 0;
  }

  get(key: string): V | undefined {
    const single = this.#single;
    return single === undefined ? this.#getSharded(key) : single.get(key);
  }

  /** Returns whether the key is new. */
  set(key: string, value: V): boolean {
    const single = this.#single;
    if (single === undefined) return this.#setSharded(key, value);
    const sizeBefore = single.size;
    single.set(key, value);
    if (single.size === sizeBefore) return false;
    this.#singleSlots++;
    if (this.#singleSlots >= this.#sizes.singleLimit) this.#leaveSingle(single);
    return true;
  }

  /** Returns whether the key was there. */
  delete(key: string): boolean {
    const single = this.#single;
    return single === undefined ? this.#deleteSharded(key) : single.delete(key);
  }

  /**
   * Walks through the keys, each of them once. The map may change between the steps: a key that stays in the
   * map then comes at least once, and every key that comes is in the map at that moment. Keys that are set
   * meanwhile may not come, so that a walk ends even if keys come and go faster than it gets on.
   */
  *walk(): Generator<string, void> {
    const single = this.#single ?? this.#leaving;
    // When all the entries have moved from it, it hears of no deletion any more.
    const isCurrent = (): boolean => single === (this.#single ?? this.#leaving);
    // The walk of the table yields the keys that have moved.
    if (single !== undefined)
      for (const key of walkMap(single, isCurrent)) if (this.#table.get(key) === undefined) yield key;
    yield* this.#table.walk();
  }

  /** Yields the values in the order of `walk`, under the same conditions. */
  *values(): Generator<V, void> {
    for (const key of this.walk()) {
      const value = this.get(key);
      if (value !== undefined) yield value;
    }
  }

  #getSharded(key: string): V | undefined {
    const value = this.#table.get(key);
    return value === undefined && this.#leaving !== undefined ? this.#leaving.get(key) : value;
  }

  #setSharded(key: string, value: V): boolean {
    if (!this.#table.set(key, value)) return false;
    if (this.#leaving !== undefined) {
      const hasMoved = this.#leaving.delete(key);
      this.#moveSome();
      if (hasMoved) return false;
    }
    this.#shardedSize++;
    return true;
  }

  #deleteSharded(key: string): boolean {
    const wasInTable = this.#table.delete(key);
    const wasLeaving = this.#leaving?.delete(key) ?? false;
    if (!wasInTable && !wasLeaving) return false;
    this.#shardedSize--;
    if (this.#shardedSize === 0) this.#returnToSingle();
    return true;
  }

  #leaveSingle(single: Map<string, V>): void {
    // Filled with deleted keys, and not with more entries than V8 rehashes in a few milliseconds, it may
    // stay.
    if (single.size <= this.#sizes.singleLimit / 2) {
      this.#singleSlots = single.size;
      return;
    }
    this.#shardedSize = single.size;
    this.#leaving = single;
    this.#leavingEntries = single.entries();
    this.#single = undefined;
  }

  #moveSome(): void {
    for (let moved = 0; moved < MOVED_PER_SET; moved++) {
      const entry = this.#leavingEntries.next().value;
      if (entry === undefined) {
        this.#leaving = undefined;
        this.#leavingEntries = new Map<string, V>().entries();
        return;
      }
      this.#table.set(entry[0], entry[1]);
    }
  }

  #returnToSingle(): void {
    this.#single = new Map();
    this.#singleSlots = 0;
    this.#table = new BucketTable(this.#sizes.shardMean);
    this.#leaving = undefined;
  }
}
