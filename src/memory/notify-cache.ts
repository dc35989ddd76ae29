import type { Cache } from '../cache/cache-strategy.ts';
import type { Engine } from './engine.ts';
import type { Write } from './write.ts';

/** Notifies the cache of a write before it is published. Errors of the cache propagate. */
export function notifyCache(cache: Cache, { key, value, size }: Write): void {
  if (value === undefined) cache.onRemove(key);
  else cache.onWrite(key, size);
}

/** Notifies the cache of a write that must not fail. Errors of the cache are reported. */
export function notifyCacheOrReport(engine: Engine, write: Write): void {
  try {
    notifyCache(engine.cache, write);
  } catch (error) {
    engine.reportStrategy(error);
  }
}

/** Notifies the cache of the committed state of a key, after a failed commit. */
export function resyncCache(engine: Engine, key: string): void {
  const { cache, shards } = engine;
  try {
    const value = shards.get(key);
    if (value === undefined) cache.onRemove(key);
    else cache.onWrite(key, cache.sizeOf(key, value));
  } catch (error) {
    engine.reportStrategy(error);
  }
}
