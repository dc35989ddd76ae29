import { checkCount, checkNumber, checkObject, checkOptions, invalidOption } from '../arguments/check.ts';
import { readClock, readRandom } from '../arguments/clock-and-random.ts';
import type { CacheStrategy } from '../cache/cache-strategy.ts';
import { estimateSize } from '../codecs/values/estimate-size.ts';
import type { Clock } from '../contract/clock.ts';
import type { JournalStrategy } from '../journal/journal.ts';
import type { LockStrategy } from '../locks/lock-strategy.ts';
import type { ShardStrategy } from '../shards/shard-strategy.ts';
import { type Cloner, type ValueCopier, valueCopier } from './values/value-copier.ts';

/** Options of `new MemStore()`. Every one has a default. */
export interface MemStoreOptions {
  /** Where committed entries live. @default hashShards() */
  readonly shards?: ShardStrategy | undefined;
  /** Who may go on, who waits, who is the victim. @default keyLocks() */
  readonly locks?: LockStrategy | undefined;
  /** What stays in memory. @default unbounded() */
  readonly cache?: CacheStrategy | undefined;
  /** Makes commits durable before they are published. @default none: the data ends with the process */
  readonly journal?: JournalStrategy | undefined;
  /**
   * How values are copied, once when they are put and once each time they are read. Primitives are never
   * copied. `false` trusts the caller never to change a value, and shares references. A function is called
   * both ways, and must throw for what it cannot copy. It may return instances of classes. A copy with shared
   * memory or more than 500 levels is refused with `INVALID_VALUE`.
   * @default structuredClone
   */
  readonly clone?: false | Cloner | undefined;
  /**
   * How long one wait for a lock, or for a place among the active transactions, may last, in milliseconds.
   * 0 never waits. @default 10_000
   */
  readonly lockTimeout?: number | undefined;
  /**
   * A transaction that nobody touches for this long, in milliseconds, is rolled back
   * (`TRANSACTION_EXPIRED`), at the latest a sixteenth of it later. Waiting for a lock is not idleness.
   * `Infinity` never does. @default 60_000
   */
  readonly idleTimeout?: number | undefined;
  /**
   * How many read-write transactions may be open at once; `begin` waits its turn, first come first served,
   * and rejects with `LIMIT_EXCEEDED` when `lockTimeout` is over. Snapshots are exempt. A transaction that
   * begins another one while it holds a place may wait for itself, which no deadlock detection can see.
   * @default Infinity
   */
  readonly maxActiveTransactions?: number | undefined;
  /** How many keys one transaction may write (`LIMIT_EXCEEDED`). @default Infinity */
  readonly maxTransactionWrites?: number | undefined;
  /**
   * How many bytes one open transaction may hold: its keys and values, estimated, 300 bytes for each write,
   * and the writes that it keeps for its savepoints. A write beyond it fails with `LIMIT_EXCEEDED`.
   * @default Infinity
   */
  readonly maxTransactionBytes?: number | undefined;
  /**
   * How many bytes all open transactions may hold together, counted the same way. At this ceiling the newest
   * transaction gives way (`LIMIT_EXCEEDED`): a write fails, unless newer large transactions can be rolled
   * back for it. The last eighth is kept for small transactions, which hold up to 1/1024 of the ceiling each.
   * @default Infinity
   */
  readonly maxUncommittedBytes?: number | undefined;
  /**
   * The greatest length of a key that may be put, in UTF-16 code units (`LIMIT_EXCEEDED`).
   * @default Infinity
   */
  readonly maxKeyLength?: number | undefined;
  /**
   * The greatest size of a value that may be put, in estimated bytes of heap (`LIMIT_EXCEEDED`).
   * @default Infinity
   */
  readonly maxValueSize?: number | undefined;
  /**
   * How many old versions may be kept for snapshots. When more are needed the oldest snapshot is given up
   * (`SNAPSHOT_TOO_OLD`). @default 1_000_000
   */
  readonly maxHistoryVersions?: number | undefined;
  /**
   * How many bytes the old versions may take that are kept for snapshots, keys and values estimated. When
   * more are needed the oldest snapshot is given up (`SNAPSHOT_TOO_OLD`). @default Infinity
   */
  readonly maxHistoryBytes?: number | undefined;
  /** Time, for tests. @default the platform's */
  readonly clock?: Clock | undefined;
  /** A number in [0, 1), for the jitter of retries. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** The options of a store, checked and complete. Times are in milliseconds. */
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
  'clock',
  'random',
]);

/**
 * Returns the settings of a store. Every default stands here, and nowhere else.
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

function checkClone(clone: MemStoreOptions['clone']): MemStoreOptions['clone'] {
  if (clone === undefined || clone === false || typeof clone === 'function') return clone;
  throw invalidOption('clone', 'false or a function', clone);
}

/** @throws {MemStoreError} INVALID_OPTION */
export function checkStrategy<T extends { create: unknown }>(name: string, strategy: T): T {
  checkObject(name, strategy);
  if (typeof strategy.create !== 'function')
    throw invalidOption(name, 'a strategy, which has a create function', strategy);
  return strategy;
}
