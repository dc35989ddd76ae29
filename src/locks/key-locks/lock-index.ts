import { createKeyTree, type KeyTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import { Slots } from '../../collections/slots.ts';
import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { KeyLock } from './key-lock.ts';

/** Room for the locks of some hundred short transactions at once. */
const SLOTS = 1024;

/** Putting the locks in order costs as much as looking through all of them some ten times. */
const LOOKS_WITHOUT_ORDER = 10;
/** So few are looked through as fast as they are found in a tree. */
const FEW_LOCKS = 64;
/** So many are put in order with each look, in a few milliseconds, so that no look pays for all of them. */
const ORDERED_PER_LOOK = 4096;

/** The locks that exist, by key. Each is here for one transaction only. */
export class LockIndex {
  /** The map behind the slots grows in small steps, since one transaction may hold millions of locks. */
  readonly #slots = new Slots<string, KeyLock>(SLOTS, new LinearHashMap());
  /**
   * All of them in key order, once `#unordered` is at its end; undefined while nobody asks for ranges of
   * them.
   */
  #ordered: KeyTree<KeyLock> | undefined = undefined;
  /** Those that were there when the order was begun and have no place in it yet. */
  #unordered: Iterator<KeyLock> | undefined = undefined;
  #looks = 0;

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): KeyLock | undefined {
    return this.#slots.get(hashOf(key), key);
  }

  /** REQUIRES: there is no lock on the same key. */
  add(lock: KeyLock): void {
    this.#slots.add(hashOf(lock.key), lock);
    if (this.#ordered !== undefined) this.#ordered.set(lock.key, lock);
  }

  /** REQUIRES: the lock is here. */
  delete(lock: KeyLock): void {
    this.#slots.delete(hashOf(lock.key), lock);
    if (this.#ordered !== undefined) this.#ordered.delete(lock.key);
  }

  [Symbol.iterator](): Iterator<KeyLock> {
    return this.#slots[Symbol.iterator]();
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

  /**
   * To be called when nobody asks for ranges any more, since keeping the order costs something with each
   * lock.
   */
  forgetOrder(): void {
    this.#ordered = undefined;
    this.#unordered = undefined;
    this.#looks = 0;
  }
}

/** Keys that are in use together mostly differ in their last characters. */
function hashOf(key: string): number {
  const { length } = key;
  let hash = length;
  for (let at = length < 3 ? 0 : length - 3; at < length; at++) hash = 11 * hash + key.charCodeAt(at);
  return hash;
}
