import { BucketTable, walkMap } from './bucket-table.ts';

/** The sizes at which a {@link LinearHashMap} changes its shape. */
export interface LinearHashSizes {
  /** The number of entries up to which one `Map` holds all of them and no key is hashed. A power of two. */
  readonly singleLimit: number;
  /** The number of buckets in a shard, which is also its average number of entries. A power of two. */
  readonly shardMean: number;
}

/**
 * A shard of this size takes 450 KB. V8 allocates it in its large-object space, where objects are not copied
 * and do not fragment memory. Allocating it takes a tenth of a millisecond.
 */
export const DEFAULT_SIZES: LinearHashSizes = { singleLimit: 2 ** 17, shardMean: 2 ** 14 };

/**
 * The number of entries that each new key moves from the single `Map` to the table, after the switch to
 * shards.
 */
const MOVED_PER_SET = 4;

/**
 * A map in which each call moves only a few entries, at any size. Unlike a `Map`, it can have more than 2^24
 * entries.
 *
 * A small map is a single `Map`. Beyond `singleLimit` it becomes a {@link BucketTable}. Each new key then
 * moves a few entries of the `Map` to the table. INVARIANT: during the move, an entry of `#leaving` is valid
 * only if the table has no entry for its key. A deletion deletes from both. A moved entry is not deleted from
 * `#leaving`, because V8 would then shrink the `Map`, which takes 30 ms.
 *
 * When the last entry is deleted, the map is a single `Map` again.
 */
export class LinearHashMap<V> {
  readonly #sizes: LinearHashSizes;
  /** The single `Map`. Undefined if the entries are in shards. */
  #single: Map<string, V> | undefined = new Map();
  /**
   * An upper bound of the used slots of the single `Map`. V8 keeps the slots of deleted keys until it
   * rehashes.
   */
  #singleSlots = 0;
  #table: BucketTable<V>;
  #shardedSize = 0;
  /** The former single `Map`, while some of its entries have not moved yet. */
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

  /** Adds or replaces an entry. Returns whether the key is new. */
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

  /** Deletes an entry. Returns whether the key was present. */
  delete(key: string): boolean {
    const single = this.#single;
    return single === undefined ? this.#deleteSharded(key) : single.delete(key);
  }

  /**
   * Yields each key once. If the map changes between the steps, a key that stays in the map is yielded at
   * least once. Each yielded key is in the map at that moment. Keys that are set meanwhile may be skipped, so
   * the walk always ends.
   */
  *walk(): Generator<string, void> {
    const single = this.#single ?? this.#leaving;
    // After all entries have moved, later deletions no longer change this `Map`.
    const isCurrent = (): boolean => single === (this.#single ?? this.#leaving);
    // Skip the keys that have moved, because the walk of the table yields them.
    if (single !== undefined)
      for (const key of walkMap(single, isCurrent)) if (this.#table.get(key) === undefined) yield key;
    yield* this.#table.walk();
  }

  /** Yields the values in the order of `walk`, with the same guarantees. */
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
    // Keep the `Map` if most of its slots are deleted keys: V8 rehashes it in a few milliseconds.
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
