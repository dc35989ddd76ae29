import {
  type CacheStrategy,
  hashShards,
  keyLocks,
  type LockStrategy,
  lru,
  type MemStoreOptions,
  mutexLocks,
  rangeShards,
  type ShardStrategy,
  unbounded,
} from 'memstore-tx';

export type LocksName = 'keyLocks' | 'mutexLocks';

export interface StrategyCombination {
  readonly name: string;
  readonly locks: LocksName;
  readonly options: MemStoreOptions;
}

export const LOCKS: readonly (readonly [LocksName, LockStrategy])[] = [
  ['keyLocks', keyLocks()],
  // With this many stripes, the few keys of a test hardly ever share a stripe.
  ['mutexLocks', mutexLocks({ stripes: 1024 })],
];

const SHARDS: readonly (readonly [name: string, ShardStrategy])[] = [
  ['hashShards', hashShards()],
  ['rangeShards', rangeShards({ boundaries: ['b', 'job:001', 'k', 'k00050', 'k01000'] })],
];

const CACHES: readonly (readonly [name: string, CacheStrategy])[] = [
  ['unbounded', unbounded()],
  // The cache is never full, so it evicts nothing.
  ['lru', lru({ max: 1_000_000 })],
];

/** All combinations of the shipped strategies, with a cache that evicts nothing. */
export const STRATEGY_COMBINATIONS: readonly StrategyCombination[] = LOCKS.flatMap(([locksName, locks]) =>
  SHARDS.flatMap(([shardsName, shards]) =>
    CACHES.map(([cacheName, cache]) => ({
      name: `${locksName}, ${shardsName}, ${cacheName}`,
      locks: locksName,
      options: { locks, shards, cache },
    })),
  ),
);
