export { MAX_TTL_MS } from './arguments/ttl.ts';
export type { Cache, CacheStrategy } from './cache/cache-strategy.ts';
export { type LruOptions, lru } from './cache/lru/lru.ts';
export { unbounded } from './cache/unbounded/unbounded.ts';
export type { Clock, Timer } from './contract/clock.ts';
export { type ErrorCode, MemStoreError, type MemStoreErrorOptions } from './contract/errors.ts';
export type { EventName, Listener, RemovalReason, StoreEvents } from './contract/events.ts';
export type { KeyRange, RangeBounds } from './contract/key-range.ts';
export type { ContendedTarget, LockSummary } from './contract/lock-rows.ts';
export type {
  CloseOptions,
  Entry,
  Key,
  KeyWithPrefix,
  PutOptions,
  RangeOptions,
  RunOptions,
  Savepoint,
  ScannedEntry,
  ShownEntry,
  Store,
  StoreStats,
  Transaction,
  TransactionOptions,
  TransactionStatus,
  Value,
  WaitOptions,
} from './contract/store.ts';
export type {
  Journal,
  JournalCommit,
  JournalEntry,
  JournalStrategy,
  JournalWrite,
  SetAsideEntry,
} from './journal/journal.ts';
export { keyLocks } from './locks/key-locks/key-locks.ts';
export type {
  CycleStep,
  HeldLock,
  LockHost,
  LockManager,
  LockMode,
  LockOwner,
  LockReport,
  LockRow,
  LockSession,
  LockStrategy,
  LockTarget,
  WaitingLock,
} from './locks/lock-strategy.ts';
export { type MutexLocksOptions, mutexLocks } from './locks/mutex-locks/mutex-locks.ts';
export { MemStore } from './memory/mem-store.ts';
export type { Cloner, MemStoreOptions } from './memory/mem-store-options.ts';
export { hashShards } from './shards/hash-shards/hash-shards.ts';
export { type RangeShardsOptions, rangeShards } from './shards/range-shards/range-shards.ts';
export type { OrderedKeys, ShardHost, ShardStrategy, ShardTable } from './shards/shard-strategy.ts';
