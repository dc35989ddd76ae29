import type { MemStoreError } from './errors.ts';
import type { LockRow } from './lock-report.ts';
import type { RangeOptions, TransactionOptions, WaitOptions } from './options.ts';
import type { Savepoint, TransactionStatus } from './transaction.ts';

// The direct form of a store: an operation returns its result, or a promise if it must wait. It throws
// synchronously the errors that the promise form rejects with. Wait options are trusted: they were checked
// before.

/** A result, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** The operations that a store and a transaction have in common. */
export interface DirectOperations {
  get(key: string, wait: WaitOptions | undefined): unknown;
  getMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<unknown[]>;
  has(key: string, wait: WaitOptions | undefined): MaybePromise<boolean>;
  /** Counts the keys that have a value. A key that is named twice counts twice. */
  countExisting(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number>;
  /**
   * Returns the remaining TTL in milliseconds, `Infinity` for an entry that lives for ever, or `undefined` if
   * the key is absent.
   */
  timeToLive(key: string, wait: WaitOptions | undefined): MaybePromise<number | undefined>;
  /** Puts a value. `ttlMs` is `undefined` for the default of the cache. */
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
  /** Deletes the keys as one operation, and returns how many had a value. Locks them in key order. */
  delMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number>;
  entries(range: RangeOptions | undefined): AsyncIterableIterator<[key: string, value: unknown]>;
}

/** The direct form of a transaction. Its operations take effect in the order of the calls. */
export interface DirectTransaction extends DirectOperations {
  readonly id: number;
  readonly age: number;
  readonly readOnly: boolean;
  readonly status: TransactionStatus;
  /** The error that ended it, or `undefined` if it was not rolled back. */
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
   * Reserves consecutive ids for transactions that begin later, and returns the first id. Returns `undefined`
   * if a transaction may have to wait for its turn to begin.
   */
  reserveIds(count: number): number | undefined;
  /**
   * Begins a transaction, with a reserved id if one is given. Its default age is the current end of the
   * sequence of ids. The options are trusted: accessors, names and types are not checked.
   * @throws {MemStoreError} INVALID_OPTION, ABORTED, LIMIT_EXCEEDED, STORE_CLOSED; also as rejections
   */
  begin(id: number | undefined, options: TransactionOptions | undefined): MaybePromise<DirectTransaction>;
  /** Returns the locks of the store. They may change between the steps of the iteration. */
  lockRows(): MaybePromise<Iterable<LockRow>>;
  /** Returns the age of the oldest wait with a time limit, in milliseconds. */
  longestWaitMs(): number | undefined;
}

/** The direct form of a store, and the public methods that it replaces. */
export interface DirectOffer {
  readonly operations: DirectStore;
  /** The methods of the class by name. If the store has another method of a name, that method wins. */
  readonly methods: Readonly<Record<string, unknown>>;
}

const OFFER: unique symbol = Symbol.for('memstore-tx.direct');

/**
 * Offers the direct form of a store to code that serves many clients, such as a server. There, the promises
 * of the operations cost more than the operations.
 */
export function offerDirect(store: object, offer: DirectOffer): void {
  Object.defineProperty(store, OFFER, { value: offer });
}

/** Returns the offer of a store, or `undefined` if its data is not in this process. */
export function directOfferOf(store: object): DirectOffer | undefined {
  return (store as { readonly [OFFER]?: DirectOffer })[OFFER];
}
