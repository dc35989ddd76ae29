import { LRUCache } from 'lru-cache';

/**
 * Keys in order of use, with their sizes, all in one `LRUCache`.
 *
 * The library evicts inside `set` and takes no veto, so its bound is set where no account can reach it: it
 * serves as the list and as the account, and evicting is left to the store. Its `max` stays unset because it
 * would preallocate. What it holds as the value is the size, because it takes over a new size only together
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

  /** Makes the key the most recently used, if it is there. */
  touch(key: string): void {
    this.#list.get(key);
  }

  /** Makes the key the most recently used, with this size in place of an earlier one. */
  set(key: string, size: number): void {
    this.#list.set(key, size, { size });
  }

  delete(key: string): boolean {
    return this.#list.delete(key);
  }

  /**
   * From the least to the most recently used. It is always one key ahead of what it has yielded, so that
   * the caller may delete the key it has just been given.
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
