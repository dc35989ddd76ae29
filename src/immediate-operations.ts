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
   * Begins a transaction with a reserved id; within the call, unless the store is not open yet. Its age is of this moment.
   * @throws {MemStoreError} INVALID_OPTION
   */
  begin(id: number, options: TransactionOptions): AnyTransaction | Promise<AnyTransaction>;
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
