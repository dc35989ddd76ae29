import type { RangeBounds } from './key-range.ts';

/** Options of every operation that can wait. */
export interface WaitOptions {
  /**
   * Cancels the operation: it rejects with `ABORTED`, and its lock request leaves the queue immediately. The
   * transaction stays usable.
   * @default undefined: the operation cannot be cancelled
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The longest wait for one lock, in milliseconds. After that time, the operation rejects with
   * `LOCK_TIMEOUT`. With 0, the operation never waits, and rejects with `LOCK_UNAVAILABLE` if the lock is not
   * free.
   * @default the `lockTimeout` of the transaction, or else that of the store
   */
  readonly lockTimeout?: number | undefined;
}

/** Options of `put` and `putMany`. */
export interface PutOptions extends WaitOptions {
  /**
   * The time to live of the entry in milliseconds, counted from the commit. It is at most `MAX_TTL_MS`, or
   * `Infinity` if the entry never expires. A put without `ttl` removes an earlier TTL. The deadline uses the
   * system clock: if that clock is set back by an hour, the entry lives an hour longer.
   * @default the `ttl` of the cache strategy, or else `Infinity`
   */
  readonly ttl?: number | undefined;
}

/** Options of `update` and `increment`. At most one of `ttl` and `initialTtl` may be given. */
export interface UpdateOptions extends WaitOptions {
  /**
   * The new time to live of the entry in milliseconds, counted from the commit, or `Infinity` for ever.
   * @default undefined: the entry keeps its deadline; a new entry gets the default of `put`
   */
  readonly ttl?: number | undefined;
  /**
   * The time to live in milliseconds of an entry that the operation creates, counted from the commit. An
   * entry that exists keeps its deadline. So this option gives a rate limit a fixed window.
   * @default the default of `put`
   */
  readonly initialTtl?: number | undefined;
}

/** Options of `touch`. */
export interface TouchOptions extends WaitOptions {
  /** The new time to live in milliseconds, counted from the commit, or `Infinity` for ever. */
  readonly ttl: number;
}

/** Options of `clear`: the bounds of the range. */
export interface ClearOptions extends RangeBounds, WaitOptions {}

/**
 * Options of `entries`: the bounds of the range, and how to read it. Each option is read once, when `entries`
 * is called.
 */
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
  /** Locks each yielded row exclusively, like `getForUpdate`. @default false */
  readonly forUpdate?: boolean | undefined;
  /**
   * Skips rows that other transactions have locked, and takes no lock on the range. `limit` counts the rows
   * that remain. Requires `forUpdate`. Use it to take jobs from a queue. The result of such a scan is not
   * serializable. It corresponds to `FOR UPDATE SKIP LOCKED` in PostgreSQL.
   * @default false
   */
  readonly skipLocked?: boolean | undefined;
}

/** Options of `begin`. */
export interface TransactionOptions extends WaitOptions {
  /**
   * Opens a snapshot of the committed data. A snapshot takes no locks and never waits. It fails with
   * `SNAPSHOT_TOO_OLD` if it needs more history than the store keeps.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * The `age` of an earlier attempt at the same work. A deadlock rolls back the youngest transaction, so a
   * retry that keeps its age succeeds eventually. `transaction()` sets this option automatically.
   * @default the id of the new transaction
   */
  readonly age?: number | undefined;
  /**
   * Rolls the transaction back (`TRANSACTION_EXPIRED`) after this time without an operation, in milliseconds.
   * With `Infinity`, an idle transaction stays open. A transaction that waits for a lock is not idle. A
   * server refuses a value above its `maxIdleTimeout` with `LIMIT_EXCEEDED`.
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
   * Rolls an attempt back (`TRANSACTION_EXPIRED`) after this time without an operation, in milliseconds. With
   * `Infinity`, an idle attempt stays open. A transaction that waits for a lock is not idle. A server refuses
   * a value above its `maxIdleTimeout` with `LIMIT_EXCEEDED`.
   * @default the `idleTimeout` of the store
   * @example
   * await store.transaction((tx) => tx.put('account:1', 5), { idleTimeout: 5 * 60_000 });
   */
  readonly idleTimeout?: number | undefined;
  /**
   * The time limit for starting another attempt, in milliseconds since the first attempt began.
   * @default 30_000
   */
  readonly retryTimeout?: number | undefined;
  /** The maximum number of attempts, including the first. @default Infinity */
  readonly maxAttempts?: number | undefined;
}

/** Options of `begin` or `transaction` for a transaction that may write. */
export type ReadWrite<Options extends object> = Options & { readonly readOnly?: false | undefined };

/** Options of `close`. */
export interface CloseOptions {
  /**
   * How long to wait for open transactions to end, in milliseconds. After that they are rolled back.
   * @default 0 for a store, 5_000 for a server
   */
  readonly drainTimeout?: number | undefined;
}
