/** A value that knows its key. */
interface Keyed<K> {
  readonly key: K;
}

/** The map for the values whose slot is taken. */
interface Overflow<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  set(key: K, value: V): unknown;
  /** Returns whether the key was there. */
  delete(key: K): boolean;
  values(): Iterable<V>;
}

/**
 * Values by their keys, for few values of which each is here for a short time. A `Map` handles that badly: it
 * is rebuilt again and again, as deleted entries fill it, and each old table keeps the later ones alive until
 * the next full collection. So each value has a slot of an array, which a hash of its key chooses. If the
 * slot is taken, the value is in a map. With any number of keys, that is never much worse than the map alone.
 */
export class Slots<K, V extends Keyed<K>> {
  readonly #count: number;
  /** Empty before the first value: most owners on a server never have one. */
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

  /** REQUIRES: no value with the same key is here. */
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

  /** Returns whether the value was here. */
  delete(hash: number, value: V): boolean {
    const slot = hash & (this.#count - 1);
    if (this.#slots[slot] !== value) return this.#others.delete(value.key);
    this.#slots[slot] = undefined;
    this.#inSlots--;
    return true;
  }

  /** Yields the values. One that is added or deleted meanwhile may be yielded or not. */
  *[Symbol.iterator](): Iterator<V, undefined> {
    if (this.#inSlots > 0) for (const value of this.#slots) if (value !== undefined) yield value;
    yield* this.#others.values();
  }
}
