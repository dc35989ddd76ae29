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
import type { LockRules } from './lock-model.ts';
import { KEYS, type Key } from './program.ts';

/** A lock strategy with its rules for conflicts. */
interface Locks {
  readonly strategy: LockStrategy;
  readonly rules: LockRules;
}

export type LocksName = 'keyLocks' | 'mutexLocks' | 'oneMutex';
export type ShardsName = 'hashShards' | 'rangeShards';
export type CacheName = 'unbounded' | 'lru';

const LOCKS: Readonly<Record<LocksName, Locks>> = {
  keyLocks: { strategy: keyLocks(), rules: { readersShare: true, keysApart: true } },
  // Each of the two keys has its own stripe.
  mutexLocks: { strategy: mutexLocks({ stripes: 2 }), rules: { readersShare: false, keysApart: true } },
  oneMutex: { strategy: mutexLocks({ stripes: 1 }), rules: { readersShare: false, keysApart: false } },
};

const SHARDS: Readonly<Record<ShardsName, ShardStrategy>> = {
  hashShards: hashShards(),
  rangeShards: rangeShards({ boundaries: ['b'] }),
};

const CACHES: Readonly<Record<CacheName, CacheStrategy>> = {
  unbounded: unbounded(),
  // The cache has room for one entry. So each commit that puts one key evicts the other key, unless that key
  // is locked.
  lru: lru({ max: 1 }),
};

/** The store on which the schedules run, and the keys that are present at the start. */
export interface Setup {
  readonly locks: LocksName;
  readonly shards: ShardsName;
  readonly cache: CacheName;
  readonly present: 'a' | 'ab';
  /** A broken lock strategy instead of the one in `locks`. @default none */
  readonly brokenLocks?: LockStrategy;
}

export function lockRules({ locks }: Setup): LockRules {
  return LOCKS[locks].rules;
}

export function strategies({ locks, shards, cache, brokenLocks }: Setup): MemStoreOptions {
  return { locks: brokenLocks ?? LOCKS[locks].strategy, shards: SHARDS[shards], cache: CACHES[cache] };
}

export function initialState({ present }: Setup): ReadonlyMap<Key, unknown> {
  const keys = KEYS.filter((key) => present.includes(key));
  return new Map(keys.map((key) => [key, `initial ${key}`]));
}

export function formatSetup({ locks, shards, cache, present }: Setup): string {
  return [locks, shards, cache, present].join('/');
}

export function parseSetup(text: string): Setup {
  const [locks, shards, cache, present] = text.trim().split('/');
  if (cache === 'lru' && present === 'ab')
    throw new Error(
      'With the cache lru, only the key a may be present at the start, because lru has room for one entry.',
    );
  return {
    locks: nameIn(LOCKS, locks),
    shards: nameIn(SHARDS, shards),
    cache: nameIn(CACHES, cache),
    present: present === 'ab' ? 'ab' : 'a',
  };
}

function nameIn<T extends object>(names: T, name: string | undefined): keyof T {
  if (name !== undefined && Object.hasOwn(names, name)) return name as keyof T;
  throw new Error(`The name must be one of ${Object.keys(names).join(', ')}, got ${name}.`);
}
