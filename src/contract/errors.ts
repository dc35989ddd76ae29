import type { CycleStep } from './lock-report.ts';

/**
 * All error codes. The value says whether running the whole transaction again may succeed. Codes are stable
 * within a major version; messages are not.
 */
const RETRYABLE_BY_CODE = {
  /**
   * Transactions waited for each other in a cycle. This transaction was the youngest, so it was rolled back.
   */
  DEADLOCK: true,
  /** A lock was not granted within `lockTimeout`. The transaction stays usable. */
  LOCK_TIMEOUT: true,
  /**
   * Only on a cluster: at commit, another transaction had changed an entry that this transaction had read.
   */
  CONFLICT: true,
  /** The snapshot needs more history than the store keeps. */
  SNAPSHOT_TOO_OLD: true,
  /** The connection was lost before the commit was sent. */
  CONNECTION_LOST: true,
  /** The lock is not free, and `lockTimeout: 0` forbids waiting. */
  LOCK_UNAVAILABLE: false,
  /** The transaction has committed, or is committing. */
  TRANSACTION_CLOSED: false,
  /** The transaction was rolled back by its owner, by `rollbackAll`, or because its commit failed. */
  TRANSACTION_ABORTED: false,
  /** The transaction had no operation for `idleTimeout`, so it was rolled back. */
  TRANSACTION_EXPIRED: false,
  /** A read-only transaction was asked to write, or to read for update. */
  READ_ONLY: false,
  /** The store is closed, or could not be opened. */
  STORE_CLOSED: false,
  /**
   * The operation was cancelled by its signal or by `rollbackTo`. If the signal has a reason, it is the
   * `cause`.
   */
  ABORTED: false,
  /** A configured limit was reached. */
  LIMIT_EXCEEDED: false,
  /** The key is not a string, or is not well-formed Unicode. */
  INVALID_KEY: false,
  /** The value cannot be stored: it is `undefined`, has more than 500 levels, or is not plain data. */
  INVALID_VALUE: false,
  /** An option has the wrong type or is out of range. */
  INVALID_OPTION: false,
  /** The revision in `since` comes from another store, or from an earlier run of this store. */
  REVISION_UNKNOWN: false,
  /** The journal is already open in another process, or in another store of this process. */
  JOURNAL_LOCKED: false,
  /**
   * The files at the journal's path are not a journal, or have an unsupported version. They are not changed.
   */
  JOURNAL_FORMAT: false,
  /** The journal is damaged. */
  JOURNAL_CORRUPT: false,
  /**
   * The disk is too full for the commit. Nothing of the commit was published. The store can still be read.
   */
  JOURNAL_FULL: false,
  /** The journal cannot be read or written, because of missing permissions or a disk error. */
  JOURNAL_FAILED: false,
  /** The connection was lost during a commit. The commit may or may not have taken effect. */
  COMMIT_UNKNOWN: false,
  /** The server requires a password. */
  AUTH_REQUIRED: false,
  /** The password was wrong. */
  AUTH_FAILED: false,
  /** The peer does not speak the protocol. */
  PROTOCOL: false,
  /** The server does not know the command. */
  UNKNOWN_COMMAND: false,
  /** This connection has no transaction with that id. */
  UNKNOWN_TRANSACTION: false,
} as const;

/** The code of a {@link MemStoreError}. It is stable within a major version. */
export type ErrorCode = keyof typeof RETRYABLE_BY_CODE;

/** Returns whether a string is an error code. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(RETRYABLE_BY_CODE, code);
}

/** The optional data of a {@link MemStoreError}, in addition to its code and message. */
export interface MemStoreErrorOptions {
  /** The cause of the error, such as the reason of an `AbortSignal`. @default none */
  readonly cause?: unknown;
  /**
   * The cycle of waits of a `DEADLOCK`. Each transaction waits for the next one, and the last for the first.
   * @default none
   */
  readonly cycle?: readonly CycleStep[];
  /** The id of the transaction whose operation failed. @default none */
  readonly transactionId?: number;
}

/**
 * The class of all errors that a store throws or rejects with. Compare the `code`, not the message.
 * @example
 * try {
 *   await store.put('account:1', 100, { lockTimeout: 0 });
 * } catch (error) {
 *   if (error instanceof MemStoreError && error.code === 'LOCK_UNAVAILABLE') console.log('Try again later.');
 *   else throw error;
 * }
 */
export class MemStoreError extends Error {
  /** The reason why the operation failed. */
  readonly code: ErrorCode;
  /**
   * `true` if running the whole transaction again may succeed. `transaction()` retries such errors
   * automatically.
   */
  readonly retryable: boolean;
  /** The cycle of waits of a `DEADLOCK`. Absent on other errors. */
  declare readonly cycle?: readonly CycleStep[];
  /** The id of the transaction, on `DEADLOCK` and `LOCK_TIMEOUT`. Absent on other errors. */
  declare readonly transactionId?: number;

  /**
   * Creates an error. A custom backend throws these errors, so that `transaction()` knows when to retry.
   * Never throws.
   * @example
   * const error = new MemStoreError('CONFLICT', 'The entry has changed since it was read.');
   * console.log(error.retryable); // true
   */
  constructor(code: ErrorCode, message: string, options: MemStoreErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    // Use the platform's name for cancelled operations, so that callers can handle this error like that of
    // `fetch`.
    this.name = code === 'ABORTED' ? 'AbortError' : 'MemStoreError';
    this.code = code;
    this.retryable = RETRYABLE_BY_CODE[code];
    if (options.cycle !== undefined) this.cycle = options.cycle;
    if (options.transactionId !== undefined) this.transactionId = options.transactionId;
  }
}
