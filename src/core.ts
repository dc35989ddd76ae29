export { MAX_TTL_MS } from './arguments/ttl.ts';
export type { Cache, CacheStrategy } from './cache/cache-strategy.ts';
export { type LruOptions, lru } from './cache/lru/lru.ts';
export { unbounded } from './cache/unbounded/unbounded.ts';
export type {
  Change,
  ChangeBatch,
  ChangeCause,
  ChangeValues,
  FeedMode,
  KeyChange,
  KeyChangeBatch,
  ResyncReason,
  WatchOptions,
  WatchRange,
} from './contract/changes.ts';
export type { Clock, Timer } from './contract/clock.ts';
export type { EntryIterator } from './contract/entry-iterator.ts';
export { type ErrorCode, MemStoreError, type MemStoreErrorOptions } from './contract/errors.ts';
export type { EventName, Listener, RemovalReason, StoreEvents } from './contract/events.ts';
export type { KeyRange, RangeBounds } from './contract/key-range.ts';
export type {
  CycleStep,
  HeldLock,
  LockMode,
  LockReport,
  LockRow,
  LockTarget,
  WaitingLock,
} from './contract/lock-report.ts';
export type { ContendedTarget, LockSummary } from './contract/lock-summary.ts';
export type {
  ClearOptions,
  CloseOptions,
  PutOptions,
  RangeOptions,
  ReadWrite,
  RunOptions,
  TouchOptions,
  TransactionOptions,
  UpdateOptions,
  WaitOptions,
} from './contract/options.ts';
export type {
  BigIntKey,
  Entry,
  Key,
  KeyWithPrefix,
  NextValue,
  NumberKey,
  ScannedEntry,
  Value,
} from './contract/schema.ts';
export type { StoreStats } from './contract/stats.ts';
export type { Storable } from './contract/storable.ts';
export type { ShownEntry, Store } from './contract/store.ts';
export type { ReadTransaction, Savepoint, Transaction, TransactionStatus } from './contract/transaction.ts';
export type { Updates } from './contract/updates.ts';
export type {
  Journal,
  JournalCommit,
  JournalEntry,
  JournalStrategy,
  JournalWrite,
  SetAsideEntry,
} from './journal/journal.ts';
export { keyLocks } from './locks/key-locks/key-locks.ts';
export type { LockHost, LockManager, LockOwner, LockSession, LockStrategy } from './locks/lock-strategy.ts';
export { type MutexLocksOptions, mutexLocks } from './locks/mutex-locks/mutex-locks.ts';
export { MemStore } from './memory/mem-store.ts';
export type { ChangeOptions, MemStoreOptions } from './memory/options.ts';
export type { Cloner } from './memory/values/value-copier.ts';
export { hashShards } from './shards/hash-shards/hash-shards.ts';
export { type RangeShardsOptions, rangeShards } from './shards/range-shards/range-shards.ts';
export type { OrderedKeys, ShardHost, ShardStrategy, ShardTable } from './shards/shard-strategy.ts';
