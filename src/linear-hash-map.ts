import { hashKey } from './hash-key.ts';

/** The sizes at which a {@link LinearHashMap} changes its shape. */
export interface LinearHashSizes {
  /** Up to so many entries there is one `Map` only, and no key is hashed. A power of two. */
  readonly singleLimit: number;
  /** The mean number of entries in a shard; single shards hold from half to twice as many. A power of two. */
  readonly shardMean: number;
}

/**
 * Both are powers of two because the capacity of V8's `Map` is: the shards fill up just when they are due
 * to be split, so that the whole takes about the memory of one `Map` of the same size.
 */
export const DEFAULT_SIZES: LinearHashSizes = { singleLimit: 2 ** 17, shardMean: 2 ** 11 };

/** How many entries of the single `Map` move on with each new key, once there are shards. */
const MOVED_PER_SET = 16;

/**
 * A map that grows by linear hashing (W. Litwin, "Linear Hashing: A New Tool for File and Table Addressing",
 * 1980): with n shards, whenever their mean size is reached, the shard that is next in turn is split in
 * two, the new half becoming shard n. So no call pays for more than one shard, and no `Map` comes near the
 * 2^24 entries at which V8's throws.
 *
 * While it is small it is one `Map`. The entries of that one move into the shards a few with each new key.
 * INVARIANT: meanwhile an entry of `#leaving` counts only when the key's shard has none, and a key that is
 * deleted is deleted from both.
 *
 * It does not shrink, since V8's `Map`s do so themselves and an empty one takes little; but emptied, it is
 * one `Map` again.
 */
export class LinearHashMap<V> {
  readonly #sizes: LinearHashSizes;
  /** The only `Map`; undefined when there are shards. */
  #single: Map<string, V> | undefined = new Map();
  /** How many slots of the single `Map` are in use at most. V8 keeps those of deleted keys until it rehashes. */
  #singleSlots = 0;
  #shards: Map<string, V>[] = [];
  #shardedSize = 0;
  /** The least 2^i - 1 that is not below the greatest shard number. */
  #mask = 0;
  /** The former single `Map`, while not all of its entries have moved, and where the move has come to. */
  #leaving: Map<string, V> | undefined;
  #leavingEntries: Iterator<[string, V], undefined> = new Map<string, V>().entries();

  constructor(sizes: LinearHashSizes = DEFAULT_SIZES) {
    this.#sizes = sizes;
  }

  get size(): number {
    return this.#single === undefined ? this.#shardedSize : this.#single.size;
  }

  get shardCount(): number {
    return this.#single === undefined ? this.#shards.length : 1;
  }

  shardOf(key: string): number {
    return this.#single === undefined ? this.#numberFor(hashKey(key)) : 0;
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
   * Walks through the keys while the map may change between the steps. Each key that is there all the time
   * comes at least once, and none comes that is not there at that moment. Keys that are set meanwhile may
   * not come, so that a walk ends even if keys come and go faster than it gets on.
   */
  *walk(): Generator<string, void> {
    const single = this.#single ?? this.#leaving;
    // When all the entries have moved from it, it hears of no deletion any more.
    if (single !== undefined) yield* walkMap(single, () => single === (this.#single ?? this.#leaving));
    const countAtStart = this.#shards.length;
    /** For each shard that the walk is through with, how many there were then. */
    const countWhenDone: number[] = [];
    for (let number = 0; number < this.#shards.length; number++) {
      // What was split off from a shard after the walk was through with it holds nothing that has to come.
      const isDone = number >= countAtStart && number >= (countWhenDone[splitFrom(number)] ?? 0);
      if (!isDone) yield* this.#walkShard(number);
      countWhenDone[number] = isDone ? number : this.#shards.length;
    }
  }

  *#walkShard(number: number): Generator<string, void> {
    let shard: Map<string, V> | undefined;
    // A split replaces the shard. What went to the new one, at the end, is still ahead of the walk.
    while (shard !== this.#shards[number]) {
      shard = this.#shards[number];
      if (shard !== undefined) yield* walkMap(shard, () => shard === this.#shards[number]);
    }
  }

  #numberFor(hash: number): number {
    const number = hash & this.#mask;
    return number < this.#shards.length ? number : number & (this.#mask >>> 1);
  }

  #shardFor(key: string): Map<string, V> {
    return this.#shards[this.#numberFor(hashKey(key))] as Map<string, V>;
  }

  #getSharded(key: string): V | undefined {
    const value = this.#shardFor(key).get(key);
    return value === undefined && this.#leaving !== undefined ? this.#leaving.get(key) : value;
  }

  #setSharded(key: string, value: V): boolean {
    const shard = this.#shardFor(key);
    const sizeBefore = shard.size;
    shard.set(key, value);
    if (shard.size === sizeBefore) return false;
    if (this.#leaving !== undefined) {
      const hasMoved = this.#leaving.delete(key);
      this.#moveSome();
      if (hasMoved) return false;
    }
    this.#shardedSize++;
    if (this.#shardedSize > this.#shards.length * this.#sizes.shardMean) this.#splitNext();
    return true;
  }

  #deleteSharded(key: string): boolean {
    const wasInShard = this.#shardFor(key).delete(key);
    const wasLeaving = this.#leaving?.delete(key) ?? false;
    if (!wasInShard && !wasLeaving) return false;
    this.#shardedSize--;
    if (this.#shardedSize === 0) this.#returnToSingle();
    return true;
  }

  #leaveSingle(single: Map<string, V>): void {
    // Filled with deleted keys, and not with more entries than V8 rehashes in a few milliseconds, it may stay.
    if (single.size <= this.#sizes.singleLimit / 2) {
      this.#singleSlots = single.size;
      return;
    }
    const count = this.#sizes.singleLimit / this.#sizes.shardMean;
    this.#shards = Array.from({ length: count }, () => new Map());
    this.#mask = count - 1;
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
      this.#shardFor(entry[0]).set(entry[0], entry[1]);
    }
  }

  #returnToSingle(): void {
    this.#single = new Map();
    this.#singleSlots = 0;
    this.#shards = [];
    this.#mask = 0;
    this.#leaving = undefined;
  }

  #splitNext(): void {
    const added = this.#shards.length;
    if (added > this.#mask) this.#mask = this.#mask * 2 + 1;
    const split = added & (this.#mask >>> 1);
    // Two fresh Maps: one that half of the entries were deleted from would keep the slots of those.
    const lower: Map<string, V> = new Map();
    const upper: Map<string, V> = new Map();
    for (const [key, value] of this.#shards[split] as Map<string, V>) {
      if ((hashKey(key) & this.#mask) === added) upper.set(key, value);
      else lower.set(key, value);
    }
    this.#shards[split] = lower;
    this.#shards.push(upper);
  }
}

function* walkMap(map: ReadonlyMap<string, unknown>, isCurrent: () => boolean): Generator<string, void> {
  // The order is that of insertion: after as many keys as there are now, only those can come that are set later.
  let ahead = map.size;
  for (const key of map.keys()) {
    if (ahead === 0) return;
    ahead--;
    yield key;
    if (!isCurrent()) return;
  }
}

/** The number of the shard that this one was split off from: the same without its highest bit. */
function splitFrom(number: number): number {
  return number & ~(1 << (31 - Math.clz32(number)));
}
