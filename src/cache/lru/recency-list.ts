import { LRUCache } from 'lru-cache';

/**
 * Keys in order of use, with their sizes, in an `LRUCache`.
 *
 * The library evicts inside `set` and cannot be stopped from doing so. So its limit is set unreachably high,
 * and the store evicts. The library only keeps the order and the total size. Its `max` is unset, because it
 * would preallocate memory. The stored value is the size, because the library updates a size only together
 * with a new value.
 */
export class RecencyList {
  readonly #list = new LRUCache<string, number>({ maxSize: Number.MAX_SAFE_INTEGER });

  get entries(): number {
    return this.#list.size;
  }

  get totalSize(): number {
    return this.#list.calculatedSize;
  }

  sizeOf(key: string): number | undefined {
    return this.#list.peek(key);
  }

  /** Makes the key the most recently used one, if it is present. */
  touch(key: string): void {
    this.#list.get(key);
  }

  /** Makes the key the most recently used one, and sets its size. */
  set(key: string, size: number): void {
    this.#list.set(key, size, { size });
  }

  delete(key: string): boolean {
    return this.#list.delete(key);
  }

  /**
   * Yields the keys from the least to the most recently used. It reads one key ahead, so that the caller may
   * delete each yielded key.
   */
  *leastRecentFirst(): Generator<string, void> {
    const keys = this.#list.rkeys();
    let current = keys.next();
    while (current.done !== true) {
      const next = keys.next();
      yield current.value;
      current = next;
    }
  }
}
