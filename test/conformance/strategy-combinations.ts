import {
  hashShards,
  keyLocks,
  lru,
  type MemStoreOptions,
  mutexLocks,
  rangeShards,
  unbounded,
} from 'memstore-tx';

const LOCKS = {
  keyLocks: keyLocks(),
  // So many stripes that the few keys of a test hardly ever share one.
  mutexLocks: mutexLocks({ stripes: 1024 }),
};
const SHARDS = {
  hashShards: hashShards(),
  rangeShards: rangeShards({ boundaries: ['b', 'job:001', 'k', 'k00050', 'k01000'] }),
};
const CACHES = {
  unbounded: unbounded(),
  // Never full, so that it drops nothing.
  lru: lru({ max: 1_000_000 }),
};

export type LocksName = keyof typeof LOCKS;

export interface StrategyCombination {
  readonly name: string;
  readonly locks: LocksName;
  readonly options: MemStoreOptions;
}

function entriesOf<Name extends string, Strategy>(strategies: Record<Name, Strategy>): [Name, Strategy][] {
  return Object.entries(strategies) as [Name, Strategy][];
}

/** Every way to put the shipped strategies together, with a cache that drops nothing. */
export const STRATEGY_COMBINATIONS: readonly StrategyCombination[] = entriesOf(LOCKS).flatMap(
  ([locksName, locks]) =>
    entriesOf(SHARDS).flatMap(([shardsName, shards]) =>
      entriesOf(CACHES).map(([cacheName, cache]) => ({
        name: `${locksName}, ${shardsName}, ${cacheName}`,
        locks: locksName,
        options: { locks, shards, cache },
      })),
    ),
);
