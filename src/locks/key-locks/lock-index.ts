import { createKeyTree, type KeyTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { KeyLock } from './key-lock.ts';

/** A power of two; room for the locks of some hundred short transactions at once. */
const SLOTS = 1024;

/** Putting the locks in order costs as much as looking through all of them some ten times. */
const LOOKS_WITHOUT_ORDER = 10;
/** So few are looked through as fast as they are found in a tree. */
const FEW_LOCKS = 64;
/** So many are put in order with each look, in a few milliseconds, so that no look pays for all of them. */
const ORDERED_PER_LOOK = 4096;

/**
 * The locks that exist, by key. Few do at any time, and each is here for one transaction only, which is what a `Map` is
 * worst at: it is made anew again and again, as deleted entries fill it. So a lock has its place in a slot of an
 * array, which a few characters of its key choose, and only if another one has that slot in a `Map`. Whatever
 * the keys and however many, that is never much worse than the `Map` alone.
 */
export class LockIndex {
  readonly #slots: (KeyLock | undefined)[] = new Array(SLOTS).fill(undefined);
  #inSlots = 0;
  /** Grows in small steps, since one transaction may hold millions of locks. */
  readonly #others = new LinearHashMap<KeyLock>();
  /** All of them in key order, once `#unordered` is at its end; undefined while nobody asks for ranges of them. */
  #ordered: KeyTree<KeyLock> | undefined = undefined;
  /** Those that were there when the order was begun and have no place in it yet. */
  #unordered: Iterator<KeyLock> | undefined = undefined;
  #looks = 0;

  get size(): number {
    return this.#inSlots + this.#others.size;
  }

  get(key: string): KeyLock | undefined {
    const lock = this.#slots[slotOf(key)];
    if (lock !== undefined && lock.key === key) return lock;
    return this.#others.size === 0 ? undefined : this.#others.get(key);
  }

  /** REQUIRES: there is no lock on the same key. */
  add(lock: KeyLock): void {
    const slot = slotOf(lock.key);
    if (this.#slots[slot] === undefined) {
      this.#slots[slot] = lock;
      this.#inSlots++;
    } else {
      this.#others.set(lock.key, lock);
    }
    if (this.#ordered !== undefined) this.#ordered.set(lock.key, lock);
  }

  /** REQUIRES: the lock is here. */
  delete(lock: KeyLock): void {
    const slot = slotOf(lock.key);
    if (this.#slots[slot] === lock) {
      this.#slots[slot] = undefined;
      this.#inSlots--;
    } else {
      this.#others.delete(lock.key);
    }
    if (this.#ordered !== undefined) this.#ordered.delete(lock.key);
  }

  *[Symbol.iterator](): Iterator<KeyLock> {
    if (this.#inSlots > 0) for (const lock of this.#slots) if (lock !== undefined) yield lock;
    for (const key of this.#others.walk()) {
      const lock = this.#others.get(key);
      if (lock !== undefined) yield lock;
    }
  }

  /** The locks on keys of a range. REQUIRES: none is added or deleted before the end. */
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

  /** All of them in order, or undefined when it is not yet worth it or some are still missing. */
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

  /** To be called when nobody asks for ranges any more, since keeping the order costs something with each lock. */
  forgetOrder(): void {
    this.#ordered = undefined;
    this.#unordered = undefined;
    this.#looks = 0;
  }
}

/** Keys that are in use together mostly differ in their last characters. */
function slotOf(key: string): number {
  const { length } = key;
  let slot = length;
  for (let at = length < 3 ? 0 : length - 3; at < length; at++) slot = 11 * slot + key.charCodeAt(at);
  return slot & (SLOTS - 1);
}
