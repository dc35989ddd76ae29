import type { AnyBatch, WatchOptions, WatchRange } from './changes.ts';
import type { MemStoreError } from './errors.ts';
import type { RangeBounds } from './key-range.ts';
import type { LockRow } from './lock-report.ts';
import type { RangeOptions, TransactionOptions, WaitOptions } from './options.ts';
import type { Savepoint, TransactionStatus } from './transaction.ts';

// The direct form of a store. An operation returns its result, or a promise if it must wait. It throws errors
// synchronously where the public promise form rejects. The caller has already checked the wait options.

/** A result, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Wait options whose signal is not aborted yet when an operation starts, as the caller guarantees. The
 * operation need not read `signal.aborted`, which is slow compared with a read of a key.
 */
export class LiveWait implements WaitOptions {
  readonly signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }
}

/** The time to live that `update` and `increment` set. */
export interface UpdateTtl {
  readonly ttlMs: number;
  /** True if the time to live applies only to an entry that the operation creates. */
  readonly isInitial: boolean;
}

/** The operations that stores and transactions share. */
export interface DirectOperations {
  get(key: string, wait: WaitOptions | undefined): unknown;
  getMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<unknown[]>;
  has(key: string, wait: WaitOptions | undefined): MaybePromise<boolean>;
  /** Counts the keys that have a value. A key that is in the list twice counts twice. */
  countExisting(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number>;
  /**
   * Returns the remaining TTL in milliseconds, `Infinity` if the entry never expires, or `undefined` if the
   * key is absent.
   */
  timeToLive(key: string, wait: WaitOptions | undefined): MaybePromise<number | undefined>;
  /** Puts a value. If `ttlMs` is `undefined`, the cache strategy decides the TTL. */
  put(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void>;
  putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void>;
  del(key: string, wait: WaitOptions | undefined): MaybePromise<boolean>;
  /** Deletes the keys in one operation. Returns how many had a value. Locks the keys in key order. */
  delMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number>;
  /**
   * Puts the value that `change` returns, directly or as a promise. Returns that value. If the value is
   * `undefined`, deletes the key.
   */
  update(
    key: string,
    change: (value: unknown) => unknown,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): unknown;
  /** Adds a number or a bigint. `ttl` is `undefined` if the entry keeps its deadline. */
  increment(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<number | bigint>;
  /** Deletes the key, and returns the value that it had. */
  take(key: string, wait: WaitOptions | undefined): unknown;
  /** Puts the value if the key is absent. Returns whether the value was put. */
  putIfAbsent(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<boolean>;
  /** Sets the time to live of an entry. Returns false if the key is absent. */
  touch(key: string, ttlMs: number, wait: WaitOptions | undefined): MaybePromise<boolean>;
  /** Deletes the entries of a range, and returns how many there were. */
  clear(range: RangeBounds, wait: WaitOptions | undefined): MaybePromise<number>;
  entries(range: RangeOptions | undefined): AsyncIterableIterator<[key: string, value: unknown]>;
}

/** The direct form of a transaction. Its operations take effect in call order. */
export interface DirectTransaction extends DirectOperations {
  readonly id: number;
  readonly age: number;
  readonly readOnly: boolean;
  readonly status: TransactionStatus;
  /** The error that rolled the transaction back, or `undefined` if it was not rolled back. */
  readonly failure: MemStoreError | undefined;
  getForUpdate(key: string, wait: WaitOptions | undefined): unknown;
  savepoint(): MaybePromise<Savepoint>;
  rollbackTo(savepoint: Savepoint): MaybePromise<void>;
  commit(): MaybePromise<void>;
  rollback(): MaybePromise<void>;
}

/** The direct form of a store. Each operation on data is a transaction of its own. */
export interface DirectStore extends DirectOperations {
  /**
   * Reserves consecutive ids for later transactions, and returns the first id. Returns `undefined` if the
   * store limits open transactions, because `begin` may have to wait then.
   */
  reserveIds(count: number): number | undefined;
  /**
   * Begins a transaction, with a reserved id if one is given. Its default age is a new id. The caller has
   * already checked the names and types of the options.
   * @throws {MemStoreError} INVALID_OPTION, ABORTED, LIMIT_EXCEEDED, STORE_CLOSED; also as rejections
   */
  begin(id: number | undefined, options: TransactionOptions | undefined): MaybePromise<DirectTransaction>;
  /**
   * Returns the feed of a key or a range. The feed begins with the first `next()`. With invalid arguments,
   * that call rejects.
   * @param onBuffered called with the estimated bytes of the changes that are not read, whenever they change
   */
  watch(
    range: string | WatchRange | undefined,
    options: WatchOptions | undefined,
    onBuffered: ((bytes: number) => void) | undefined,
  ): AsyncIterableIterator<AnyBatch>;
  /** Returns the locks of the store. They may change between the steps of the iteration. */
  lockRows(): MaybePromise<Iterable<LockRow>>;
  /** Returns how long the oldest wait with a time limit has lasted, in milliseconds. */
  longestWaitMs(): number | undefined;
}

/** The direct form of a store, and the public methods that it may replace. */
export interface DirectOffer {
  readonly operations: DirectStore;
  /**
   * The original methods of the class, by name. If the store has a different method of that name, a subclass
   * has overridden it. Then that method must be called.
   */
  readonly methods: Readonly<Record<string, unknown>>;
}

const OFFER: unique symbol = Symbol.for('memstore-tx.direct');

/**
 * Makes the direct form of a store available to code that serves many clients, such as a server. For such
 * code, the promises would cost more than the operations themselves.
 */
export function offerDirect(store: object, offer: DirectOffer): void {
  Object.defineProperty(store, OFFER, { value: offer });
}

/** Returns the direct form of a store, or `undefined` if the store has none because its data is elsewhere. */
export function directOfferOf(store: object): DirectOffer | undefined {
  return (store as { readonly [OFFER]?: DirectOffer })[OFFER];
}
