import type { Cache, CacheStrategy } from '../cache-strategy.ts';

/** The cache of every store with this strategy. It has no state, so stores can share it. */
const keepEverything: Cache = {
  defaultTtlMs: undefined,
  isOverfull: false,
  entries: 0,
  totalSize: 0,
  sizeOf: () => 1,
  fits: () => true,
  onRead() {},
  onWrite() {},
  onRemove() {},
  candidates: () => [],
};

/**
 * Returns the default strategy, which keeps every entry until it is deleted or expires. It counts nothing, so
 * it costs nothing. The process must have enough memory for all entries.
 * Never throws.
 * @example
 * const store = new MemStore({ cache: unbounded() });
 */
export function unbounded(): CacheStrategy {
  return { name: 'unbounded', create: () => keepEverything };
}
