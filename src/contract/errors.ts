import type { CycleStep } from './lock-report.ts';

/**
 * Every way an operation can fail, and whether running the whole transaction again may succeed.
 * Codes are stable within a major version; messages are not.
 */
const RETRYABLE_BY_CODE = {
  /** The transaction was the youngest in a cycle of waits and was rolled back. */
  DEADLOCK: true,
  /** A lock was not granted within `lockTimeout`; the transaction itself goes on. */
  LOCK_TIMEOUT: true,
  /** A clustered store found at commit that something read had changed. */
  CONFLICT: true,
  /** The snapshot outlived the history that the store keeps. */
  SNAPSHOT_TOO_OLD: true,
  /** The connection was lost before the commit was sent. */
  CONNECTION_LOST: true,
  /** The lock is not free and the operation was asked not to wait (`lockTimeout: 0`). */
  LOCK_UNAVAILABLE: false,
  /** The transaction has committed, or is committing. */
  TRANSACTION_CLOSED: false,
  /** The transaction was rolled back: by its owner, by `rollbackAll`, or because its commit failed. */
  TRANSACTION_ABORTED: false,
  /** Nobody touched the transaction for `idleTimeout`, so it was rolled back. */
  TRANSACTION_EXPIRED: false,
  /** A write, or a read for update, in a read-only transaction. */
  READ_ONLY: false,
  /** The store is closed, or could not be opened. */
  STORE_CLOSED: false,
  /** The operation was cancelled, by its signal (which is the cause) or by `rollbackTo`. */
  ABORTED: false,
  /** A configured limit was reached. */
  LIMIT_EXCEEDED: false,
  /** The key is not a string, or is a string that is not well-formed Unicode. */
  INVALID_KEY: false,
  /** The value cannot be stored: `undefined`, more than 500 levels, or something that is not plain data. */
  INVALID_VALUE: false,
  /** An option has the wrong type or is out of range. */
  INVALID_OPTION: false,
  /** The journal is open already: in another process, or in another store of this one. */
  JOURNAL_LOCKED: false,
  /**
   * What is in the journal's place was not written by a journal, or by one of another version. It is left as
   * it is.
   */
  JOURNAL_FORMAT: false,
  /** The journal is damaged. */
  JOURNAL_CORRUPT: false,
  /** There is no room for the commit on disk. Nothing of it was published; the store can still be read. */
  JOURNAL_FULL: false,
  /** The journal cannot be read or written: no permission, or an error of the disk. */
  JOURNAL_FAILED: false,
  /** The connection was lost while a commit was under way: it may have happened or not. */
  COMMIT_UNKNOWN: false,
  /** The server wants a password first. */
  AUTH_REQUIRED: false,
  /** The password was wrong. */
  AUTH_FAILED: false,
  /** The peer does not speak the protocol. */
  PROTOCOL: false,
  /** The server does not know the command. */
  UNKNOWN_COMMAND: false,
  /** This connection has no transaction of that id. */
  UNKNOWN_TRANSACTION: false,
} as const;

/** The stable name of one way to fail. */
export type ErrorCode = keyof typeof RETRYABLE_BY_CODE;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(RETRYABLE_BY_CODE, code);
}

/** What a {@link MemStoreError} may carry besides its code and message. */
export interface MemStoreErrorOptions {
  /** What brought the error about, such as the reason of an `AbortSignal`. */
  readonly cause?: unknown;
  /** On `DEADLOCK`: who waited for what, step by step, the last waiting for the first. */
  readonly cycle?: readonly CycleStep[];
  /** The transaction whose operation failed. */
  readonly transactionId?: number;
}

/** The one class of error that MemStore rejects with. */
export class MemStoreError extends Error {
  /** Why the operation failed. */
  readonly code: ErrorCode;
  /** True when running the whole transaction again may succeed; `transaction()` does so by itself. */
  readonly retryable: boolean;
  /** On `DEADLOCK`, the cycle of waits that was found; absent otherwise. */
  declare readonly cycle?: readonly CycleStep[];
  /** The transaction whose operation failed, on `DEADLOCK` and `LOCK_TIMEOUT`; absent otherwise. */
  declare readonly transactionId?: number;

  constructor(code: ErrorCode, message: string, options: MemStoreErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    // The platform's own name for a cancelled operation lets callers treat ours like fetch's.
    this.name = code === 'ABORTED' ? 'AbortError' : 'MemStoreError';
    this.code = code;
    this.retryable = RETRYABLE_BY_CODE[code];
    if (options.cycle !== undefined) this.cycle = options.cycle;
    if (options.transactionId !== undefined) this.transactionId = options.transactionId;
  }
}
