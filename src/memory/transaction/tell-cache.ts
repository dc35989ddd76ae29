import type { Cache } from '../../cache/cache-strategy.ts';
import type { Engine } from '../engine.ts';
import type { Write } from './write-set.ts';

/** Tells the cache of a write before it is published. Errors of the cache propagate. */
export function tellCache(cache: Cache, { key, value, size }: Write): void {
  if (value === undefined) cache.onRemove(key);
  else cache.onWrite(key, size);
}

/** Tells the cache of a write that can no longer be refused. Errors of the cache are reported. */
export function tellCacheAnyway(engine: Engine, write: Write): void {
  try {
    tellCache(engine.cache, write);
  } catch (error) {
    engine.reportStrategy(error);
  }
}

/** Tells the cache of the committed state of a key, after a commit has failed. */
export function tellCacheAgain(engine: Engine, key: string): void {
  const { cache, shards } = engine;
  try {
    const value = shards.get(key);
    if (value === undefined) cache.onRemove(key);
    else cache.onWrite(key, cache.sizeOf(key, value));
  } catch (error) {
    engine.reportStrategy(error);
  }
}
