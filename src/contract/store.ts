import type { MemStoreError } from './errors.ts';
import type { RangeBounds } from './key-range.ts';

/** The keys of a schema: its literal keys and its template-literal patterns. */
export type Key<S extends object> = keyof S & string;

/** The type of the value under a key; a literal key that matches a pattern has the pattern's type. */
export type Value<S extends object, K extends Key<S>> = S[K];

/** A key with a value of its own type, one alternative for each pattern of the schema. */
export type Entry<S extends object> = { [K in Key<S>]: readonly [key: K, value: S[K]] }[Key<S>];

/**
 * The keys of a schema that can start with a prefix, narrowed by it where it is more exact than the pattern.
 */
export type KeyWithPrefix<S extends object, P extends string> = string extends P
  ? Key<S>
  : {
      [K in Key<S>]: K extends `${P}${string}` ? K : `${P}${string}` extends K ? `${P}${string}` & K : never;
    }[Key<S>];

/** The entries that a scan yields, one alternative for each pattern of the schema. */
export type ScannedEntry<S extends object, P extends string = string> = {
  [K in KeyWithPrefix<S, P>]: [key: K, value: K extends keyof S ? S[K] : never];
}[KeyWithPrefix<S, P>];

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

/** A moment within a transaction that `rollbackTo` can return to. */
export interface Savepoint {
  /** The id of the transaction that it belongs to. */
  readonly transactionId: number;
}

/** The state of a transaction. `committing` lasts from the call of `commit()` until it settles. */
export type TransactionStatus = 'active' | 'committing' | 'committed' | 'aborted';

/**
 * A transaction that only reads, as `begin({ readOnly: true })` returns it: a snapshot of the data that was
 * committed when it began. It takes no lock and never waits. Its operations take effect in the order of the
 * calls.
 *
 * Every {@link Transaction} is a `ReadTransaction` too, so a function that only reads accepts both.
 *
 * Every operation may also reject with ABORTED, INVALID_OPTION, SNAPSHOT_TOO_OLD, STORE_CLOSED,
 * TRANSACTION_ABORTED, TRANSACTION_CLOSED or TRANSACTION_EXPIRED. A remote store adds CONNECTION_LOST.
 * @example
 * async function total(tx: ReadTransaction<Shop>): Promise<number> {
 *   let sum = 0;
 *   for await (const [, balance] of tx.entries({ prefix: 'account:' })) sum += balance;
 *   return sum;
 * }
 * await store.transaction(total, { readOnly: true });
 */
export interface ReadTransaction<S extends object> {
  /**
   * Identifies the transaction within its store. Ids grow within one process. A server hands them out to its
   * clients in blocks.
   */
  readonly id: number;
  /** The current state. A client learns of an end on the server with the next reply to this transaction. */
  readonly status: TransactionStatus;
  /**
   * The error that ended the transaction. Every later operation rejects with it. It is `undefined` while the
   * transaction is active or committing, and after a successful commit. After `rollback()` its code is
   * `TRANSACTION_ABORTED`. A client learns of an end on the server with the next reply to this transaction.
   * @example
   * if (tx.failure?.code === 'TRANSACTION_EXPIRED') console.warn('The transaction was idle for too long.');
   */
  readonly failure: MemStoreError | undefined;
  /** `true` for a snapshot. */
  readonly readOnly: boolean;
  /**
   * The id of the first attempt at this work. A store compares ages to choose the victim of a deadlock. See
   * `TransactionOptions.age`.
   */
  readonly age: number;
  /**
   * Returns the value under the key, or `undefined` if the key is absent.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const balance = await tx.get('account:1');
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the values under the keys, in the order of the keys, and `undefined` for each absent key.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const [from = 0, to = 0] = await tx.getMany(['account:1', 'account:2']);
   * console.log(from + to);
   */
  getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }>;
  /**
   * Returns whether the key has a value.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * if (!(await tx.has('account:3'))) console.log('There is no account 3.');
   */
  has(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * Returns the remaining TTL in milliseconds, or `undefined` if the entry lives for ever or does not exist.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const leftMs = await tx.ttl('session:1');
   * if (leftMs !== undefined && leftMs < 60_000) console.log('The session ends soon.');
   */
  ttl(key: Key<S>, options?: WaitOptions): Promise<number | undefined>;
  /**
   * Yields the entries of a range in key order.
   *
   * Each call of the iterator is an operation of the transaction, and takes effect in the order of the calls.
   * `return()` and `throw()` end the scan after all earlier calls; then every `next()` is done.
   * `return()` never rejects. If a `next()` fails, the scan stays where it was, and may be continued.
   * @throws {MemStoreError} INVALID_OPTION from the first `next()`
   * @example
   * for await (const [key, balance] of tx.entries({ prefix: 'account:', limit: 10 })) {
   *   console.log(key, balance);
   * }
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  /**
   * Ends the transaction. A snapshot publishes nothing, so this fails only if the transaction has ended.
   * @throws {MemStoreError} TRANSACTION_CLOSED, or the code of the error that ended the transaction
   * @example
   * await tx.commit();
   */
  commit(): Promise<void>;
  /**
   * Ends the transaction at once. After the end it does nothing. Never rejects.
   * @example
   * await tx.rollback();
   */
  rollback(): Promise<void>;
  /**
   * Rolls the transaction back unless it has ended. `await using` calls it.
   * @example
   * await using snapshot = await store.begin({ readOnly: true });
   * console.log(await snapshot.get('account:1'));
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Several operations that take effect together or not at all, as if no other transaction ran at the time.
 *
 * Operations take effect in the order of the calls, awaited or not. The transaction keeps every lock until
 * its end (strict two-phase locking). After a rollback, every pending and later operation rejects with the
 * code of its cause; after a commit, with `TRANSACTION_CLOSED`. If an operation waits too long or is
 * cancelled, only that operation fails: the transaction stays usable.
 *
 * Every operation that takes a lock may reject with ABORTED, DEADLOCK, INVALID_OPTION, LOCK_TIMEOUT,
 * LOCK_UNAVAILABLE, STORE_CLOSED, TRANSACTION_ABORTED, TRANSACTION_CLOSED or TRANSACTION_EXPIRED. A remote
 * store adds CONNECTION_LOST, and a cluster CONFLICT.
 * @example
 * const tx = await store.begin();
 * try {
 *   const balance = (await tx.getForUpdate('account:1')) ?? 0;
 *   await tx.put('account:1', balance + 10);
 *   await tx.commit();
 * } finally {
 *   await tx.rollback();
 * }
 */
export interface Transaction<S extends object> extends ReadTransaction<S> {
  /**
   * Returns the value under the key, or `undefined` if the key is absent. Takes a shared lock.
   * @throws {MemStoreError} INVALID_KEY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * const balance = await tx.get('account:1');
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the value under the key like `get`, but takes an exclusive lock. Use it for a key that the
   * transaction will write: an upgrade of a shared lock can deadlock.
   * @throws {MemStoreError} INVALID_KEY, READ_ONLY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * const balance = (await tx.getForUpdate('account:1')) ?? 0;
   * await tx.put('account:1', balance + 10);
   */
  getForUpdate<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the remaining TTL in milliseconds, or `undefined` if the entry lives for ever or does not exist.
   * After a put of this transaction, returns the `ttl` of that put, which starts at the commit. Takes a
   * shared lock.
   * @throws {MemStoreError} INVALID_KEY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * await tx.put('session:1', { user: 'ada' }, { ttl: 60_000 });
   * console.log(await tx.ttl('session:1')); // 60000
   */
  ttl(key: Key<S>, options?: WaitOptions): Promise<number | undefined>;
  /**
   * Puts a value under a key when the transaction commits. Takes an exclusive lock.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, READ_ONLY, LIMIT_EXCEEDED, DEADLOCK, LOCK_TIMEOUT,
   * LOCK_UNAVAILABLE
   * @example
   * await tx.put('account:3', 100);
   * await tx.put('session:1', { user: 'ada' }, { ttl: 30 * 60_000 });
   */
  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void>;
  /**
   * Puts all the entries or, if it fails, none. Takes exclusive locks in key order.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, READ_ONLY, LIMIT_EXCEEDED, DEADLOCK, LOCK_TIMEOUT,
   * LOCK_UNAVAILABLE
   * @example
   * await tx.putMany([['account:1', 70], ['account:2', 80]]);
   */
  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void>;
  /**
   * Deletes the key when the transaction commits. Returns whether the key had a value. Takes an exclusive
   * lock.
   * @throws {MemStoreError} INVALID_KEY, READ_ONLY, LIMIT_EXCEEDED, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * const existed = await tx.del('account:1');
   */
  del(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * Yields the entries of a range in key order. The first `next()` takes a shared lock on the range, or, with
   * `limit`, on the part that was read. So no other transaction can add a key to it before the end.
   *
   * Each call of the iterator is an operation of the transaction, and takes effect in the order of the calls.
   * `return()` and `throw()` end the scan after all earlier calls; then every `next()` is done.
   * `return()` never rejects. If a `next()` fails, the scan stays where it was, and may be continued.
   * @throws {MemStoreError} READ_ONLY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE; all of them, and
   * INVALID_OPTION, from `next()`
   * @example
   * const jobs = tx.entries({ prefix: 'job:', limit: 1, forUpdate: true, skipLocked: true });
   * for await (const [key, job] of jobs) {
   *   console.log(job.task);
   *   await tx.del(key);
   * }
   */
  entries<const P extends string = string>(
    range?: RangeOptions<P>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  /**
   * Returns a savepoint: a later `rollbackTo` undoes the writes that follow it.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   * @example
   * const before = await tx.savepoint();
   * await tx.put('account:1', 0);
   * await tx.rollbackTo(before);
   */
  savepoint(): Promise<Savepoint>;
  /**
   * Undoes the writes since the savepoint and cancels the operations begun since, which reject with
   * `ABORTED`. Keeps all locks. The savepoint itself stays valid, later ones do not.
   * @throws {MemStoreError} INVALID_OPTION for a savepoint of another transaction, or one that was undone
   * @example
   * const before = await tx.savepoint();
   * await tx.del('account:1');
   * await tx.rollbackTo(before);
   * console.log(await tx.has('account:1')); // true
   */
  rollbackTo(savepoint: Savepoint): Promise<void>;
  /**
   * Publishes all writes in one step. Waits for pending operations first: if one of them fails, rolls the
   * transaction back and rejects with the same error.
   * @throws {MemStoreError} TRANSACTION_CLOSED, or the code of the error that ended the transaction;
   * LIMIT_EXCEEDED; JOURNAL_FULL and JOURNAL_FAILED with a journal; CONFLICT on a cluster; CONNECTION_LOST
   * and COMMIT_UNKNOWN on a remote store or a cluster
   * @example
   * await tx.put('account:1', 70);
   * await tx.commit();
   */
  commit(): Promise<void>;
  /**
   * Discards the writes and releases the locks at once. After the end it does nothing. Never rejects.
   * @example
   * await tx.del('account:1');
   * await tx.rollback();
   * console.log(await store.has('account:1')); // true
   */
  rollback(): Promise<void>;
}

/**
 * A transactional key/value store. Every backend implements it: in this process (`MemStore`), in another
 * process (`RemoteStore`), on a cluster (`EtcdStore`).
 *
 * Each one-shot operation is a transaction of its own. One-shot reads see the last committed state and never
 * wait. One-shot writes retry as `transaction` does.
 *
 * Every operation may also reject with ABORTED, INVALID_OPTION or STORE_CLOSED. With a journal, it rejects
 * with JOURNAL_LOCKED, JOURNAL_FORMAT, JOURNAL_CORRUPT or JOURNAL_FAILED if the journal could not be opened.
 * A remote store or a cluster adds CONNECTION_LOST, and COMMIT_UNKNOWN for a write.
 * @example
 * async function deposit(store: Store<Shop>, amount: number): Promise<void> {
 *   await store.transaction(async (tx) => {
 *     const balance = (await tx.getForUpdate('account:1')) ?? 0;
 *     await tx.put('account:1', balance + amount);
 *   });
 * }
 */
export interface Store<S extends object> {
  /**
   * Begins a transaction that the caller ends. With `readOnly: true` it is a snapshot.
   * @throws {MemStoreError} LIMIT_EXCEEDED if no place becomes free within `lockTimeout`
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await tx.commit();
   */
  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  /**
   * Begins a snapshot, which the caller ends.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, STORE_CLOSED
   * @example
   * const snapshot = await store.begin({ readOnly: true });
   * console.log(await snapshot.get('account:1'));
   * await snapshot.rollback();
   */
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  /**
   * Runs the work in a transaction. Commits when the work returns, and rolls back when it throws. If the
   * transaction ends with a retryable error, runs the work again, after a random delay that grows.
   * @returns the result of the work
   * @throws {MemStoreError} the error of the last attempt when `retryTimeout` or `maxAttempts` is reached
   * @throws the error that the work throws
   * @example
   * const left = await store.transaction(async (tx) => {
   *   const balance = (await tx.getForUpdate('account:1')) ?? 0;
   *   await tx.put('account:1', balance - 10);
   *   return balance - 10;
   * });
   */
  transaction<R>(work: (tx: Transaction<S>) => R | Promise<R>, options?: ReadWrite<RunOptions>): Promise<R>;
  /**
   * Runs the work on a snapshot, and returns the result of the work. Runs it again after a retryable error.
   * @throws {MemStoreError} SNAPSHOT_TOO_OLD when `retryTimeout` or `maxAttempts` is reached
   * @throws the error that the work throws
   * @example
   * const sum = await store.transaction(
   *   async (tx) => ((await tx.get('account:1')) ?? 0) + ((await tx.get('account:2')) ?? 0),
   *   { readOnly: true },
   * );
   */
  transaction<R>(work: (tx: ReadTransaction<S>) => R | Promise<R>, options?: RunOptions): Promise<R>;
  /**
   * Returns the committed value under the key, or `undefined` if the key is absent. Never waits for a lock.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const balance = (await store.get('account:1')) ?? 0;
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the committed values under the keys at one moment, in the order of the keys, and `undefined` for
   * each absent key. Never waits for a lock.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const [first, second] = await store.getMany(['account:1', 'account:2']);
   */
  getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }>;
  /**
   * Returns whether the key has a committed value. Never waits for a lock.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * if (await store.has('account:1')) console.log('The account exists.');
   */
  has(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * Puts a value under a key, in a transaction of its own.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED, LOCK_TIMEOUT, LOCK_UNAVAILABLE;
   * JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @example
   * await store.put('account:1', 100);
   * await store.put('session:1', { user: 'ada' }, { ttl: 30 * 60_000 });
   */
  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void>;
  /**
   * Puts all the entries or, if it fails, none, in a transaction of its own.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED, LOCK_TIMEOUT, LOCK_UNAVAILABLE;
   * JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @example
   * await store.putMany([['account:1', 100], ['account:2', 50]]);
   */
  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void>;
  /**
   * Deletes the key, in a transaction of its own. Returns whether the key had a value.
   * @throws {MemStoreError} INVALID_KEY, LOCK_TIMEOUT, LOCK_UNAVAILABLE; JOURNAL_FULL and JOURNAL_FAILED with
   * a journal
   * @example
   * const existed = await store.del('account:1');
   */
  del(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * Yields the entries of a range in key order, as they are committed at the first `next()`.
   *
   * The calls of the iterator take effect in the order of the calls, as those of an async generator do.
   * `return()`, `throw()` and the first `next()` that fails end the scan; then every `next()` is done.
   * @throws {MemStoreError} INVALID_OPTION and SNAPSHOT_TOO_OLD from `next()`
   * @example
   * for await (const [key, balance] of store.entries({ prefix: 'account:' })) console.log(key, balance);
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  /**
   * Closes the store: refuses new work with `STORE_CLOSED`, rolls open transactions back after
   * `drainTimeout`, and lets commits under way finish. Another call waits for the same end.
   * @throws {MemStoreError} INVALID_OPTION
   * @example
   * await store.close({ drainTimeout: 5_000 });
   */
  close(options?: CloseOptions): Promise<void>;
  /**
   * Closes the store without a drain timeout. `await using` calls it.
   * @example
   * await using store = new MemStore<{ hits: number }>();
   * await store.put('hits', 1);
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A committed entry, as `showAll` yields it. */
export interface ShownEntry<V> {
  /** The committed value. */
  readonly value: V;
  /** The id of the transaction that holds the key exclusively; `undefined` if none does. */
  readonly transactionId: number | undefined;
}

/** Counters and sizes of a store, as plain data. Counters start at 0 when the store opens. */
export interface StoreStats {
  /**
   * Entries in the tables, including expired ones that are not yet removed. A commit of more than 4,096
   * writes is visible at once, but moves into the tables in several turns. Until then only a part of it is
   * counted.
   */
  readonly entries: number;
  /** Shards that the entries are divided into now. */
  readonly shards: number;
  /** Open read-write transactions. */
  readonly activeTransactions: number;
  /** Open snapshots. */
  readonly activeSnapshots: number;
  /** The time since the oldest open snapshot began, in milliseconds; `undefined` without one. */
  readonly oldestSnapshotAgeMs: number | undefined;
  /** Old versions kept for snapshots. */
  readonly historyVersions: number;
  /** Estimated bytes of these versions; 0 unless `maxHistoryBytes` limits them. */
  readonly historyBytes: number;
  /**
   * Estimated bytes that open transactions hold; 0 unless `maxTransactionBytes` or `maxUncommittedBytes`
   * limits them.
   */
  readonly uncommittedBytes: number;
  /** Entries that have an expiry time. */
  readonly expiringEntries: number;
  /** The sum of the sizes of all entries, in the unit of the cache strategy; 0 if it measures nothing. */
  readonly cacheSize: number;
  /** Operations that wait for a lock now. */
  readonly waitingOperations: number;
  /** Read-write transactions and snapshots that have begun. */
  readonly begins: number;
  /** Read-write transactions that have committed. */
  readonly commits: number;
  /** Read-write transactions that were rolled back. */
  readonly rollbacks: number;
  /** Deadlocks that were found and broken. */
  readonly deadlocks: number;
  /** Operations that have waited for a lock. */
  readonly lockWaits: number;
  /** Waits for a lock that ended with `LOCK_TIMEOUT`. */
  readonly lockTimeouts: number;
  /** Entries that were removed to make room. */
  readonly evictions: number;
  /** Entries that were removed because their TTL had run out. */
  readonly expirations: number;
  /** Calls of listeners that threw; see the `listenerError` event. */
  readonly listenerErrors: number;
}
