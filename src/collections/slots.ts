/** A value that contains its key. */
interface Keyed<K> {
  readonly key: K;
}

/** The map for values whose slot is occupied. */
interface Overflow<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
  /** Deletes a value. Returns whether the key was present. */
  delete(key: K): boolean;
  values(): Iterable<V>;
}

/**
 * Stores a few short-lived values by key.
 *
 * A `Map` is slow for this. Deleted entries fill it, so it is rebuilt again and again. Each old table also
 * keeps the later ones alive until the next full garbage collection. So each value goes into an array slot
 * that the hash of its key selects. If the slot is occupied, the value goes into a map. With many values,
 * this is only slightly slower than the map alone.
 */
export class Slots<K, V extends Keyed<K>> {
  readonly #count: number;
  /** Stays empty until the first value is added, because most owners on a server never add one. */
  #slots: (V | undefined)[] = [];
  #inSlots = 0;
  readonly #others: Overflow<K, V>;

  /** @param count the number of slots, a power of two */
  constructor(count: number, others: Overflow<K, V>) {
    this.#count = count;
    this.#others = others;
  }

  get size(): number {
    return this.#inSlots + this.#others.size;
  }

  get(hash: number, key: K): V | undefined {
    const value = this.#slots[hash & (this.#count - 1)];
    if (value !== undefined && value.key === key) return value;
    return this.#others.size === 0 ? undefined : this.#others.get(key);
  }

  /** Adds a value. REQUIRES: no value has the same key. */
  add(hash: number, value: V): void {
    if (this.#slots.length === 0) this.#slots = new Array(this.#count).fill(undefined);
    const slot = hash & (this.#count - 1);
    if (this.#slots[slot] !== undefined) {
      this.#others.set(value.key, value);
      return;
    }
    this.#slots[slot] = value;
    this.#inSlots++;
  }

  /** Deletes a value. Returns whether it was present. */
  delete(hash: number, value: V): boolean {
    const slot = hash & (this.#count - 1);
    if (this.#slots[slot] !== value) return this.#others.delete(value.key);
    this.#slots[slot] = undefined;
    this.#inSlots--;
    return true;
  }

  /** Yields the values. Values that are added or deleted meanwhile may or may not be yielded. */
  *[Symbol.iterator](): Iterator<V, undefined> {
    if (this.#inSlots > 0) for (const value of this.#slots) if (value !== undefined) yield value;
    yield* this.#others.values();
  }
}
