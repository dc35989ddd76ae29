import { hashKey } from './hash-key.ts';

/**
 * The length at which a bucket gets no more entries. On average, a bucket has one or two. Only keys that an
 * attacker chose for their equal hashes make a bucket this long.
 */
const CROWDED = 32;

/** The result of `#find` if the key has no slot. */
const ABSENT = -1;
const ABSENT_AND_CROWDED = -2;

/**
 * A hash table that grows and shrinks by one bucket at a time, after W. Litwin, "Linear Hashing: A New Tool
 * for File and Table Addressing" (VLDB 1980) and P.-Å. Larson, "Dynamic Hash Tables" (CACM 31(4), 1988).
 *
 * A new key splits one bucket, and a deletion merges two. Both change the links of a few entries and copy
 * none, so the cost of a call does not depend on the size. A table made of `Map`s cannot guarantee this. V8
 * doubles a `Map` at each power of two, and `Map`s of similar sizes double at the same time.
 *
 * INVARIANT: the entries occupy the slots from 0 to `#used` - 1, and there are as many buckets as used slots.
 * A deletion moves the last entry into the gap.
 *
 * Slots and buckets are stored in shards of a fixed size. Slot n and the head of bucket n are in shard n /
 * `#shardSize`.
 */
export class BucketTable<V> {
  readonly #shardSize: number;
  readonly #shardBits: number;
  /**
   * The links of each shard. First come the heads of its buckets. Then come two numbers for each slot: the
   * next slot of the same bucket, and the hash of the key. A slot is stored as its number plus 1, because a
   * new array is full of zeros. So 0 marks the end of a bucket.
   */
  readonly #links: Int32Array[] = [];
  /** The key and the value of each slot, by shard. */
  readonly #entries: (string | V | undefined)[][] = [];
  #used = 0;
  /** The smallest 2^i - 1 that is not below the highest bucket number. */
  #mask = 0;
  /**
   * The entries whose bucket is crowded. V8 hashes strings with a secret seed, so an attacker cannot cause
   * collisions in this `Map`.
   */
  readonly #overflow = new Map<string, V>();

  /** Creates an empty table. `shardSize` is the number of buckets in a shard. It must be a power of two. */
  constructor(shardSize: number) {
    this.#shardSize = shardSize;
    this.#shardBits = Math.log2(shardSize);
  }

  get size(): number {
    return this.#used + this.#overflow.size;
  }

  get shardCount(): number {
    return Math.max(1, Math.ceil(this.#used / this.#shardSize));
  }

  /** Returns the shard that contains the bucket of the key. */
  shardOf(key: string): number {
    return this.#bucketOf(hashKey(key)) >> this.#shardBits;
  }

  get(key: string): V | undefined {
    const slot = this.#find(key, hashKey(key) | 0);
    if (slot >= 0) return this.#entriesAt(slot)[this.#keyAt(slot) + 1] as V;
    return this.#overflow.size === 0 ? undefined : this.#overflow.get(key);
  }

  /** Adds or replaces an entry. Returns whether the key is new. */
  set(key: string, value: V): boolean {
    const hash = hashKey(key) | 0;
    const slot = this.#find(key, hash);
    if (slot >= 0) {
      this.#entriesAt(slot)[this.#keyAt(slot) + 1] = value;
      return false;
    }
    if (slot === ABSENT_AND_CROWDED || (this.#overflow.size > 0 && this.#overflow.has(key))) {
      const sizeBefore = this.#overflow.size;
      return this.#overflow.set(key, value).size > sizeBefore;
    }
    this.#append(key, value, hash);
    return true;
  }

  /** Deletes an entry. Returns whether the key was present. */
  delete(key: string): boolean {
    const slot = this.#find(key, hashKey(key) | 0);
    if (slot < 0) return this.#overflow.size > 0 && this.#overflow.delete(key);
    this.#redirect(slot, this.#linksAt(slot)[this.#nextAt(slot)] as number);
    this.#removeLastBucket();
    const last = this.#used;
    if (slot !== last) this.#moveEntry(last, slot);
    const entries = this.#entriesAt(last);
    entries[this.#keyAt(last)] = undefined;
    entries[this.#keyAt(last) + 1] = undefined;
    // Keep one empty shard, so that a size that goes up and down does not allocate each time.
    if (this.#links.length > this.shardCount + 1) {
      this.#links.pop();
      this.#entries.pop();
    }
    return true;
  }

  /**
   * Yields the keys. The table may change between the steps. Each key that stays in the table is yielded at
   * least once. Keys that are set meanwhile may be skipped, so the walk always ends.
   */
  *walk(): Generator<string, void> {
    // Walk downwards: a deletion moves the last entry to a lower slot, which the walk visits later.
    for (let slot = this.#used - 1; slot >= 0; slot = Math.min(slot, this.#used) - 1)
      yield this.#entriesAt(slot)[this.#keyAt(slot)] as string;
    yield* walkMap(this.#overflow, () => true);
  }

  #linksAt(slotOrBucket: number): Int32Array {
    return this.#links[slotOrBucket >> this.#shardBits] as Int32Array;
  }

  #entriesAt(slot: number): (string | V | undefined)[] {
    return this.#entries[slot >> this.#shardBits] as (string | V | undefined)[];
  }

  /** Returns the index of the head of a bucket among the links of its shard. */
  #headAt(bucket: number): number {
    return bucket & (this.#shardSize - 1);
  }

  /**
   * Returns the index of a slot's link to the next slot, among the links of its shard. The hash follows it.
   */
  #nextAt(slot: number): number {
    return this.#shardSize + 2 * (slot & (this.#shardSize - 1));
  }

  /** Returns the index of a slot's key among the entries of its shard. The value follows it. */
  #keyAt(slot: number): number {
    return 2 * (slot & (this.#shardSize - 1));
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#mask;
    return bucket < this.#used ? bucket : bucket & (this.#mask >>> 1);
  }

  #find(key: string, hash: number): number {
    if (this.#used === 0) return ABSENT;
    const bucket = this.#bucketOf(hash);
    let slot = (this.#linksAt(bucket)[this.#headAt(bucket)] as number) - 1;
    let length = 0;
    while (slot >= 0) {
      const links = this.#linksAt(slot);
      const at = this.#nextAt(slot);
      if (links[at + 1] === hash && this.#entriesAt(slot)[this.#keyAt(slot)] === key) return slot;
      slot = (links[at] as number) - 1;
      length++;
    }
    return length < CROWDED ? ABSENT : ABSENT_AND_CROWDED;
  }

  #append(key: string, value: V, hash: number): void {
    this.#addBucket();
    const slot = this.#used - 1;
    const entries = this.#entriesAt(slot);
    entries[this.#keyAt(slot)] = key;
    entries[this.#keyAt(slot) + 1] = value;
    this.#linksAt(slot)[this.#nextAt(slot) + 1] = hash;
    this.#prepend(this.#bucketOf(hash), slot);
  }

  /**
   * Adds a bucket and a slot with the same number. Divides the entries of an existing bucket between that
   * bucket and the new one.
   */
  #addBucket(): void {
    const added = this.#used++;
    if (added >> this.#shardBits === this.#links.length) {
      this.#links.push(new Int32Array(3 * this.#shardSize));
      this.#entries.push(new Array(2 * this.#shardSize).fill(undefined));
    }
    if (added > this.#mask) this.#mask = 2 * this.#mask + 1;
    this.#redistribute(added & (this.#mask >>> 1));
  }

  /**
   * Removes the last bucket and the last slot number. The entries of the bucket return to the bucket that it
   * was split from.
   */
  #removeLastBucket(): void {
    const removed = --this.#used;
    if (removed - 1 <= this.#mask >>> 1) this.#mask >>>= 1;
    this.#redistribute(removed);
  }

  /** Moves each entry of a bucket to the bucket that its hash selects now. */
  #redistribute(bucket: number): void {
    const heads = this.#linksAt(bucket);
    let slot = (heads[this.#headAt(bucket)] as number) - 1;
    heads[this.#headAt(bucket)] = 0;
    while (slot >= 0) {
      const links = this.#linksAt(slot);
      const at = this.#nextAt(slot);
      const next = (links[at] as number) - 1;
      this.#prepend(this.#bucketOf(links[at + 1] as number), slot);
      slot = next;
    }
  }

  #prepend(bucket: number, slot: number): void {
    const heads = this.#linksAt(bucket);
    this.#linksAt(slot)[this.#nextAt(slot)] = heads[this.#headAt(bucket)] as number;
    heads[this.#headAt(bucket)] = slot + 1;
  }

  /** Replaces the link that points to the slot. */
  #redirect(slot: number, link: number): void {
    const bucket = this.#bucketOf(this.#linksAt(slot)[this.#nextAt(slot) + 1] as number);
    let links = this.#linksAt(bucket);
    let at = this.#headAt(bucket);
    while (links[at] !== slot + 1) {
      const passed = (links[at] as number) - 1;
      links = this.#linksAt(passed);
      at = this.#nextAt(passed);
    }
    links[at] = link;
  }

  #moveEntry(from: number, to: number): void {
    this.#redirect(from, to + 1);
    const [oldLinks, links] = [this.#linksAt(from), this.#linksAt(to)];
    const [oldNext, next] = [this.#nextAt(from), this.#nextAt(to)];
    links[next] = oldLinks[oldNext] as number;
    links[next + 1] = oldLinks[oldNext + 1] as number;
    const [oldEntries, entries] = [this.#entriesAt(from), this.#entriesAt(to)];
    const [oldKey, key] = [this.#keyAt(from), this.#keyAt(to)];
    entries[key] = oldEntries[oldKey];
    entries[key + 1] = oldEntries[oldKey + 1];
  }
}

/**
 * Yields the keys of a `Map` that may change between the steps. Stops when `isCurrent` returns false. Keys
 * come in insertion order, so the walk yields at most as many keys as the `Map` had at the start.
 */
export function* walkMap(
  map: ReadonlyMap<string, unknown>,
  isCurrent: () => boolean,
): Generator<string, void> {
  let ahead = map.size;
  for (const key of map.keys()) {
    if (ahead === 0) return;
    ahead--;
    yield key;
    if (!isCurrent()) return;
  }
}
