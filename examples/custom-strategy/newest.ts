import type { Cache, CacheStrategy } from 'memstore-tx';

/**
 * Returns a strategy that keeps the `max` entries that were written last. Reads do not matter. This suits a
 * log or a feed, where reading an old entry is no reason to keep it.
 */
export function newest({ max }: { readonly max: number }): CacheStrategy {
  // Several stores may use one strategy object, so create a new account for each store.
  return { name: 'newest', create: () => new NewestAccount(max) };
}

/** Tracks the keys of the entries from the oldest to the newest. The store itself removes entries. */
class NewestAccount implements Cache {
  readonly #max: number;
  /** The keys. A `Set` iterates over its members in insertion order. */
  readonly #keys = new Set<string>();
  readonly defaultTtlMs: number | undefined = undefined;
  /** Always 0, because this strategy does not track sizes: each entry counts as one. */
  readonly totalSize: number = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get isOverfull(): boolean {
    return this.#keys.size > this.#max;
  }

  get entries(): number {
    return this.#keys.size;
  }

  sizeOf(): number {
    return 1;
  }

  fits(): boolean {
    return true;
  }

  onRead(): void {}

  onWrite(key: string): void {
    // Move a key that is written again to the end.
    this.#keys.delete(key);
    this.#keys.add(key);
  }

  onRemove(key: string): void {
    this.#keys.delete(key);
  }

  /** Returns the keys to evict, the oldest first. The store skips keys that a transaction has locked. */
  candidates(): Iterable<string> {
    return this.#keys;
  }
}
