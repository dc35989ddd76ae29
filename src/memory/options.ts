import {
  checkCount,
  checkNames,
  checkNumber,
  checkObject,
  checkOptions,
  invalidOption,
} from '../arguments/check-options.ts';
import { readClock, readRandom } from '../arguments/clock-and-random.ts';
import type { CacheStrategy } from '../cache/cache-strategy.ts';
import { estimateSize } from '../codecs/values/estimate-size.ts';
import type { Clock } from '../contract/clock.ts';
import type { JournalStrategy } from '../journal/journal.ts';
import type { LockStrategy } from '../locks/lock-strategy.ts';
import type { ShardStrategy } from '../shards/shard-strategy.ts';
import { type Cloner, type ValueCopier, valueCopier } from './values/value-copier.ts';

/** The option `changes` of `new MemStore()`. */
export interface ChangeOptions {
  /**
   * The number of past changes that the store keeps, with their values, so that a feed can resume with
   * `since`. A transaction is kept as a whole or not at all.
   * @default 0
   */
  readonly keep?: number | undefined;
}

/** Options of `new MemStore()`. Each has a default. */
export interface MemStoreOptions {
  /** Stores and indexes the committed entries. @default hashShards() */
  readonly shards?: ShardStrategy | undefined;
  /** Grants locks and detects deadlocks. @default keyLocks() */
  readonly locks?: LockStrategy | undefined;
  /** Decides which entries stay in memory. @default unbounded() */
  readonly cache?: CacheStrategy | undefined;
  /**
   * Makes commits durable before they are published.
   * @default none: the data is lost when the process ends
   */
  readonly journal?: JournalStrategy | undefined;
  /**
   * Copies values at each put and at each read. Primitives are never copied. With `false`, the store shares
   * references, and callers must never change a value. A function must throw if it cannot copy a value. It
   * may return class instances. The store refuses copies that contain shared memory or have more than 500
   * levels (`INVALID_VALUE`).
   * @default structuredClone
   */
  readonly clone?: false | Cloner | undefined;
  /**
   * The longest wait for a lock, or for a free place under `maxActiveTransactions`, in milliseconds. With 0,
   * operations never wait.
   * @default 10_000
   */
  readonly lockTimeout?: number | undefined;
  /**
   * Rolls back a transaction that has had no operation for this time, in milliseconds
   * (`TRANSACTION_EXPIRED`). The rollback may come up to a sixteenth of this time later. A transaction that
   * waits for a lock is not idle. With `Infinity`, idle transactions stay open.
   * @default 60_000
   */
  readonly idleTimeout?: number | undefined;
  /**
   * The maximum number of open read-write transactions. At the limit, `begin` waits in first-come order, and
   * rejects with `LIMIT_EXCEEDED` after `lockTimeout`. Snapshots do not count. A transaction that begins
   * another transaction may wait for itself at the limit, and deadlock detection cannot see that.
   * @default Infinity
   */
  readonly maxActiveTransactions?: number | undefined;
  /** The maximum number of keys that one transaction may write (`LIMIT_EXCEEDED`). @default Infinity */
  readonly maxTransactionWrites?: number | undefined;
  /**
   * The maximum size of one open transaction, in estimated bytes. Counts its keys and values, 300 bytes for
   * each write, and the writes that it keeps for its savepoints. A write beyond the limit fails with
   * `LIMIT_EXCEEDED`.
   * @default Infinity
   */
  readonly maxTransactionBytes?: number | undefined;
  /**
   * The maximum size of all open transactions together, in estimated bytes, counted like
   * `maxTransactionBytes`. At the limit, a write first rolls back newer large transactions. If there are
   * none, the write fails (`LIMIT_EXCEEDED`). The last eighth is reserved for small transactions: those that
   * hold at most 1/1024 of the limit.
   * @default Infinity
   */
  readonly maxUncommittedBytes?: number | undefined;
  /**
   * The maximum length of a key that may be put, in UTF-16 code units (`LIMIT_EXCEEDED`).
   * @default Infinity
   */
  readonly maxKeyLength?: number | undefined;
  /**
   * The maximum size of a value that may be put, in estimated bytes of heap (`LIMIT_EXCEEDED`).
   * @default Infinity
   */
  readonly maxValueSize?: number | undefined;
  /**
   * The maximum number of old versions kept for snapshots. If more are needed, the store ends the oldest
   * snapshot (`SNAPSHOT_TOO_OLD`).
   * @default 1_000_000
   */
  readonly maxHistoryVersions?: number | undefined;
  /**
   * The maximum size of the old versions kept for snapshots, in estimated bytes, keys included. If more are
   * needed, the store ends the oldest snapshot (`SNAPSHOT_TOO_OLD`).
   * @default Infinity
   */
  readonly maxHistoryBytes?: number | undefined;
  /** What the store keeps for change feeds. @default { keep: 0 } */
  readonly changes?: ChangeOptions | undefined;
  /** The source of time. Tests pass a fake clock. @default the platform's clock */
  readonly clock?: Clock | undefined;
  /** Returns a number in [0, 1), for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** The checked options of a store, with defaults filled in. Times are in milliseconds. */
export interface Settings {
  readonly lockTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly maxActiveTransactions: number;
  readonly maxTransactionWrites: number;
  readonly maxTransactionBytes: number;
  readonly maxUncommittedBytes: number;
  readonly maxKeyLength: number;
  readonly maxValueSize: number;
  readonly maxHistoryVersions: number;
  readonly maxHistoryBytes: number;
  readonly keptChanges: number;
  readonly copier: ValueCopier;
  /** Estimates the memory that a value and its key take, in bytes. */
  readonly estimateSize: (value: unknown, key: string) => number;
  readonly clock: Clock;
  readonly random: () => number;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof MemStoreOptions>([
  'shards',
  'locks',
  'cache',
  'journal',
  'clone',
  'lockTimeout',
  'idleTimeout',
  'maxActiveTransactions',
  'maxTransactionWrites',
  'maxTransactionBytes',
  'maxUncommittedBytes',
  'maxKeyLength',
  'maxValueSize',
  'maxHistoryVersions',
  'maxHistoryBytes',
  'changes',
  'clock',
  'random',
]);

const CHANGE_OPTION_NAMES: ReadonlySet<string> = new Set<keyof ChangeOptions>(['keep']);

/**
 * Returns the settings of a store. Fills in all defaults except those of the strategies.
 * @throws {MemStoreError} INVALID_OPTION
 */
export function resolveSettings(options: MemStoreOptions): Settings {
  checkOptions(options, OPTION_NAMES);
  const settings: Settings = {
    lockTimeoutMs: options.lockTimeout ?? 10_000,
    idleTimeoutMs: options.idleTimeout ?? 60_000,
    maxActiveTransactions: options.maxActiveTransactions ?? Number.POSITIVE_INFINITY,
    maxTransactionWrites: options.maxTransactionWrites ?? Number.POSITIVE_INFINITY,
    maxTransactionBytes: options.maxTransactionBytes ?? Number.POSITIVE_INFINITY,
    maxUncommittedBytes: options.maxUncommittedBytes ?? Number.POSITIVE_INFINITY,
    maxKeyLength: options.maxKeyLength ?? Number.POSITIVE_INFINITY,
    maxValueSize: options.maxValueSize ?? Number.POSITIVE_INFINITY,
    maxHistoryVersions: options.maxHistoryVersions ?? 1_000_000,
    maxHistoryBytes: options.maxHistoryBytes ?? Number.POSITIVE_INFINITY,
    keptChanges: readKeptChanges(options.changes),
    copier: valueCopier(checkClone(options.clone)),
    estimateSize,
    clock: readClock(options.clock),
    random: readRandom(options.random),
  };
  checkNumber('lockTimeout', settings.lockTimeoutMs, 'not negative');
  checkNumber('idleTimeout', settings.idleTimeoutMs, 'positive');
  checkCount('maxActiveTransactions', settings.maxActiveTransactions, 'positive');
  checkCount('maxTransactionWrites', settings.maxTransactionWrites, 'positive');
  checkNumber('maxTransactionBytes', settings.maxTransactionBytes, 'positive');
  checkNumber('maxUncommittedBytes', settings.maxUncommittedBytes, 'positive');
  checkCount('maxKeyLength', settings.maxKeyLength, 'positive');
  checkNumber('maxValueSize', settings.maxValueSize, 'positive');
  checkCount('maxHistoryVersions', settings.maxHistoryVersions, 'not negative');
  checkNumber('maxHistoryBytes', settings.maxHistoryBytes, 'not negative');
  return settings;
}

function readKeptChanges(changes: ChangeOptions | undefined): number {
  if (changes === undefined) return 0;
  checkObject('changes', changes);
  checkNames(changes, CHANGE_OPTION_NAMES, 'changes.');
  const { keep = 0 } = changes;
  checkCount('changes.keep', keep, 'not negative');
  return keep;
}

function checkClone(clone: MemStoreOptions['clone']): MemStoreOptions['clone'] {
  if (clone === undefined || clone === false || typeof clone === 'function') return clone;
  throw invalidOption('clone', 'false or a function', clone);
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkStrategy<T extends { create: unknown }>(name: string, strategy: T): T {
  checkObject(name, strategy);
  if (typeof strategy.create !== 'function')
    throw invalidOption(name, 'a strategy object with a create function', strategy);
  return strategy;
}
