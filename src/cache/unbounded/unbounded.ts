import type { Cache, CacheStrategy } from '../cache-strategy.ts';

/** Has no state, so that one object serves every store. */
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
 * Keeps every entry until it is deleted or expires. It keeps no account, so it costs nothing; the process
 * has to have the memory.
 */
export function unbounded(): CacheStrategy {
  return { name: 'unbounded', create: () => keepEverything };
}
