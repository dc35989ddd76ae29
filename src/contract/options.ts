import type { RangeBounds } from './key-range.ts';

/** Options of every operation that can wait. */
export interface WaitOptions {
  /**
   * Cancels the operation: it rejects with `ABORTED`, and its request leaves the queue at once. The
   * transaction stays usable.
   * @default undefined: the operation cannot be cancelled
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long one wait for a lock may last, in milliseconds, before the operation rejects with
   * `LOCK_TIMEOUT`. 0 never waits: the operation rejects with `LOCK_UNAVAILABLE` instead.
   * @default the `lockTimeout` of the transaction, which is by default that of the store
   */
  readonly lockTimeout?: number | undefined;
}

/** Options of `put` and `putMany`. */
export interface PutOptions extends WaitOptions {
  /**
   * The time to live of the entry in milliseconds, counted from the commit: at most `MAX_TTL_MS`, or
   * `Infinity` for ever. A put without `ttl` clears an earlier one. The deadline is a moment of the system
   * clock: setting that clock back by an hour makes the entry live an hour longer.
   * @default the `ttl` of the cache strategy, which is by default `Infinity`
   */
  readonly ttl?: number | undefined;
}

/** Options of `entries`: the bounds of the range and how to read it. Each is read once, at the call. */
export interface RangeOptions<P extends string = string> extends RangeBounds, WaitOptions {
  /**
   * Reads only keys that start with this prefix. A literal type narrows the types of the entries.
   * @default '': every key
   */
  readonly prefix?: P | undefined;
  /** Reads from the last key to the first. @default false */
  readonly reverse?: boolean | undefined;
  /** Yields at most this many entries. @default Infinity */
  readonly limit?: number | undefined;
  /** Locks the rows that it yields exclusively, as `getForUpdate` does. @default false */
  readonly forUpdate?: boolean | undefined;
  /**
   * Skips rows that other transactions have locked, and takes no lock on the range. `limit` counts the rows
   * that remain. It needs `forUpdate`. Use it to take jobs from a queue. The rows that such a scan yields are
   * not serializable. PostgreSQL has it as `FOR UPDATE SKIP LOCKED`.
   * @default false
   */
  readonly skipLocked?: boolean | undefined;
}

/** Options of `begin`. */
export interface TransactionOptions extends WaitOptions {
  /**
   * Opens a snapshot of the committed data: it takes no lock and never waits. It fails only with
   * `SNAPSHOT_TOO_OLD`, if it needs more history than the store keeps.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * The `age` of an earlier attempt at the same work. A deadlock rolls back the youngest transaction, so a
   * retry that keeps its age gets through in the end. `transaction()` passes it by itself.
   * @default the id of the new transaction
   */
  readonly age?: number | undefined;
  /**
   * Rolls the transaction back (`TRANSACTION_EXPIRED`) after this time without an operation, in milliseconds.
   * `Infinity` never does. A transaction that waits for a lock is not idle. A server refuses more than its
   * limit `maxIdleTimeout` with `LIMIT_EXCEEDED`.
   * @default the `idleTimeout` of the store
   * @example
   * const tx = await store.begin({ idleTimeout: 5 * 60_000 });
   * await tx.rollback();
   */
  readonly idleTimeout?: number | undefined;
}

/** Options of `transaction`. */
export interface RunOptions extends WaitOptions {
  /** Runs the work on a read-only snapshot. @default false */
  readonly readOnly?: boolean | undefined;
  /**
   * Rolls an attempt back (`TRANSACTION_EXPIRED`) after this time without an operation, in milliseconds.
   * `Infinity` never does. A transaction that waits for a lock is not idle. A server refuses more than its
   * limit `maxIdleTimeout` with `LIMIT_EXCEEDED`.
   * @default the `idleTimeout` of the store
   * @example
   * await store.transaction((tx) => tx.put('account:1', 5), { idleTimeout: 5 * 60_000 });
   */
  readonly idleTimeout?: number | undefined;
  /** The time after the first attempt at which retries end, in milliseconds. @default 30_000 */
  readonly retryTimeout?: number | undefined;
  /** The greatest number of attempts, the first included. @default Infinity */
  readonly maxAttempts?: number | undefined;
}

/** Options of `begin` or `transaction` that ask for a transaction that may write. */
export type ReadWrite<Options extends object> = Options & { readonly readOnly?: false | undefined };

/** Options of `close`. */
export interface CloseOptions {
  /**
   * How long open transactions may take to end by themselves, in milliseconds. Then they are rolled back.
   * @default 0 for a store, 5_000 for a server
   */
  readonly drainTimeout?: number | undefined;
}
