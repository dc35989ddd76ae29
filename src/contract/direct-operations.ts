import type { LockMode, LockRow } from './lock-report.ts';
import type { Transaction, TransactionOptions } from './store.ts';

/** A transaction whose keys and values nobody knows more of. */
export type AnyTransaction = Transaction<Record<string, unknown>>;

/** One-shot operations that are done within the call, or not at all; and transactions whose ids are known beforehand. */
export interface ImmediateOperations {
  /** False while the store is not open: then its other operations say why, or wait. */
  readonly isOpen: boolean;
  /**
   * The committed value, or undefined.
   * @throws {MemStoreError} INVALID_KEY
   */
  get(key: string): unknown;
  /**
   * Puts a value, for `ttlMs` or for good. False when that has to wait: then nothing has happened, and it is for
   * `put` of the store to do.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
   */
  put(key: string, value: unknown, ttlMs: number | undefined): boolean;
  /**
   * Deletes, and says whether there was something to delete. Undefined when that has to wait, as with `put`.
   * @throws {MemStoreError} INVALID_KEY
   */
  del(key: string): boolean | undefined;
  /**
   * Takes ids out of the sequence, for transactions that are to begin with them, and returns the first of them.
   * Undefined when a transaction may have to wait for its turn to begin, so that an id in advance were of no use.
   */
  reserveIds(count: number): number | undefined;
  /**
   * Begins a transaction, with a reserved id if one is given; within the call, unless the store is not open
   * yet or there is no place free. Its age is of this moment. The options are trusted: accessors, names and
   * types are not checked.
   * @throws {MemStoreError} as a rejection too: INVALID_OPTION, ABORTED, LIMIT_EXCEEDED, STORE_CLOSED
   */
  begin(id: number | undefined, options: TransactionOptions): AnyTransaction | Promise<AnyTransaction>;
  /** Yields the locks of the store one by one. They may change between the steps. */
  lockRows(): Iterable<LockRow>;
  /** How long the oldest wait with a time limit has lasted, in milliseconds. */
  readonly longestWaitMs: number | undefined;
  /** The operations of a transaction of this store; undefined for one that has none within the call. */
  within(transaction: AnyTransaction): ImmediateTransaction | undefined;
}

/**
 * The operations of a transaction. Each is done within the call, or returns a promise when it must wait; their order is
 * that of the calls in either case. What they throw within the call they would reject with otherwise.
 */
export interface ImmediateTransaction {
  get(key: string, mode: LockMode): unknown;
  getMany(keys: readonly string[]): unknown[] | Promise<unknown[]>;
  has(key: string): boolean | Promise<boolean>;
  /** Puts a value, for `ttlMs` or for good. */
  put(key: string, value: unknown, ttlMs: number | undefined): void | Promise<void>;
  putMany(
    entries: readonly (readonly [key: string, value: unknown])[],
    ttlMs: number | undefined,
  ): void | Promise<void>;
  del(key: string): boolean | Promise<boolean>;
  /** Deletes the keys as one operation, and returns how many had a value. Locks them in key order. */
  delMany(keys: readonly string[]): number | Promise<number>;
  /** Counts the keys that have a value. A key that is named twice counts twice. */
  countExisting(keys: readonly string[]): number | Promise<number>;
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
}

const offered = new WeakMap<object, ImmediateOperations>();

/**
 * Says that the data of a store is in this very process. That is not for applications, but for what stands in front
 * of a store and works for many at once, such as a server: to such a one the promises of the one-shot operations
 * cost more than the operations.
 */
export function offerImmediateOperations(store: object, operations: ImmediateOperations): void {
  offered.set(store, operations);
}

/** What a store offers, if it does. */
export function immediateOperationsOf(store: object): ImmediateOperations | undefined {
  return offered.get(store);
}
