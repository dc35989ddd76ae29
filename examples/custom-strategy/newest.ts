import type { Cache, CacheStrategy } from 'memstore-tx';

/**
 * Keeps the `max` entries that were written last, and does not care who reads them: what a log or a feed
 * wants, where reading an old entry is no reason to keep it.
 */
export function newest({ max }: { readonly max: number }): CacheStrategy {
  // One strategy object may serve several stores, so the account is made anew for each.
  return { name: 'newest', create: () => new NewestAccount(max) };
}

/**
 * The keys of the entries from the oldest to the newest. It only keeps account; the store does the removing.
 */
class NewestAccount implements Cache {
  readonly #max: number;
  /** A `Set` gives its members back in the order in which they were added. */
  readonly #keys = new Set<string>();
  readonly defaultTtlMs: number | undefined = undefined;
  /** There is no account of sizes: every entry counts as one. */
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
    // A key that is written again moves to the end.
    this.#keys.delete(key);
    this.#keys.add(key);
  }

  onRemove(key: string): void {
    this.#keys.delete(key);
  }

  /** The store goes on to the next one where a transaction has locked the first. */
  candidates(): Iterable<string> {
    return this.#keys;
  }
}
