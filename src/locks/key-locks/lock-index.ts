import { createKeyTree, type KeyTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import { Slots } from '../../collections/slots.ts';
import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { KeyLock } from './key-lock.ts';

/** Enough for the locks of some hundred short transactions at the same time. */
const SLOTS = 1024;

/** Sorting the locks costs about as much as ten searches through all of them. */
const LOOKS_WITHOUT_ORDER = 10;
/** Up to this number of locks, a search through all of them is as fast as a search in a tree. */
const FEW_LOCKS = 64;
/**
 * The number of locks that one search adds to the tree, in a few milliseconds. So no single search pays for
 * all.
 */
const ORDERED_PER_LOOK = 4096;

/** The locks of a store, by key. Most of them exist only for one transaction. */
export class LockIndex {
  /** The map behind the slots grows in small steps, because one transaction may hold millions of locks. */
  readonly #slots = new Slots<string, KeyLock>(SLOTS, new LinearHashMap());
  /** The locks in key order. Complete when `#unordered` is exhausted. Undefined while no range is in use. */
  #ordered: KeyTree<KeyLock> | undefined = undefined;
  /** The locks that existed when the sorting began and are not in the tree yet. */
  #unordered: Iterator<KeyLock> | undefined = undefined;
  #looks = 0;

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): KeyLock | undefined {
    return this.#slots.get(hashOf(key), key);
  }

  /** Adds a lock. REQUIRES: the index has no lock on the same key. */
  add(lock: KeyLock): void {
    this.#slots.add(hashOf(lock.key), lock);
    if (this.#ordered !== undefined) this.#ordered.set(lock.key, lock);
  }

  /** Deletes a lock. REQUIRES: the index contains it. */
  delete(lock: KeyLock): void {
    this.#slots.delete(hashOf(lock.key), lock);
    if (this.#ordered !== undefined) this.#ordered.delete(lock.key);
  }

  [Symbol.iterator](): Iterator<KeyLock> {
    return this.#slots[Symbol.iterator]();
  }

  /** Yields the locks on the keys of a range. REQUIRES: no lock is added or deleted during the iteration. */
  *in(range: KeyRange): Iterable<KeyLock> {
    const ordered = this.#inOrder();
    if (ordered === undefined) {
      for (const lock of this) if (covers(range, lock.key)) yield lock;
      return;
    }
    for (const [key, lock] of ordered.entries(range.from)) {
      if (range.to !== undefined && key >= range.to) return;
      yield lock;
    }
  }

  /**
   * Returns the locks in key order. Returns undefined if sorting does not pay off yet, or is not finished.
   */
  #inOrder(): KeyTree<KeyLock> | undefined {
    if (this.#ordered === undefined) {
      if (this.size <= FEW_LOCKS || ++this.#looks <= LOOKS_WITHOUT_ORDER) return undefined;
      this.#ordered = createKeyTree<KeyLock>();
      this.#unordered = this[Symbol.iterator]();
    }
    for (let count = 0; this.#unordered !== undefined; count++) {
      if (count === ORDERED_PER_LOOK) return undefined;
      const { done, value } = this.#unordered.next();
      if (done) this.#unordered = undefined;
      else this.#ordered.set(value.key, value);
    }
    return this.#ordered;
  }

  /**
   * Drops the key order. Call it when no range is locked or requested, because keeping the order costs time
   * for each lock.
   */
  forgetOrder(): void {
    this.#ordered = undefined;
    this.#unordered = undefined;
    this.#looks = 0;
  }
}

/** Returns a hash of the last characters, because keys that are in use together mostly differ there. */
function hashOf(key: string): number {
  const { length } = key;
  let hash = length;
  for (let at = length < 3 ? 0 : length - 3; at < length; at++) hash = 11 * hash + key.charCodeAt(at);
  return hash;
}
