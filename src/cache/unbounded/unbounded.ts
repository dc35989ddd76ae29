import type { Cache, CacheStrategy } from '../cache-strategy.ts';

/** It has no state, so one object serves every store. */
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
 * Keeps every entry until it is deleted or expires: the default. It keeps no account, so it costs nothing.
 * The process must have enough memory for all entries.
 * @example
 * const store = new MemStore({ cache: unbounded() });
 */
export function unbounded(): CacheStrategy {
  return { name: 'unbounded', create: () => keepEverything };
}
