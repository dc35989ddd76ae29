import type { EntryIterator } from './entry-iterator.ts';
import type {
  CloseOptions,
  PutOptions,
  RangeOptions,
  ReadWrite,
  RunOptions,
  TransactionOptions,
  WaitOptions,
} from './options.ts';
import type { Entry, Key, NextValue, ScannedEntry } from './schema.ts';
import type { ReadTransaction, Transaction } from './transaction.ts';
import type { Updates } from './updates.ts';

/** A committed entry, as yielded by `showAll`. */
export interface ShownEntry<V> {
  /** The committed value. */
  readonly value: V;
  /** The id of the transaction that holds an exclusive lock on the key. `undefined` if there is none. */
  readonly transactionId: number | undefined;
}

/**
 * A transactional key/value store. Every backend implements it: in this process (`MemStore`), in another
 * process (`RemoteStore`), on a cluster (`EtcdStore`).
 *
 * Each one-shot operation is a transaction of its own. One-shot reads return the last committed state and
 * never wait. One-shot writes retry in the same cases as `transaction`.
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
export interface Store<S extends object> extends Updates<S> {
  /**
   * Begins a transaction. The caller must commit it or roll it back. With `readOnly: true`, begins a
   * snapshot.
   * @throws {MemStoreError} LIMIT_EXCEEDED if the limit of open transactions is still reached after
   * `lockTimeout`
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await tx.commit();
   */
  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  /**
   * Begins a snapshot. The caller must end it with `commit` or `rollback`.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, STORE_CLOSED
   * @example
   * const snapshot = await store.begin({ readOnly: true });
   * console.log(await snapshot.get('account:1'));
   * await snapshot.rollback();
   */
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  /**
   * Runs the work in a transaction. Commits when the work returns, and rolls back when it throws. If the
   * transaction fails with a retryable error, runs the work again after a random delay. The delay grows with
   * each attempt.
   * @returns the result of the work
   * @throws {MemStoreError} the error of the last attempt, such as LOCK_TIMEOUT, when `retryTimeout` or
   * `maxAttempts` is reached
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
   * Runs the work on a snapshot, and returns its result. Runs the work again after a retryable error.
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
   * Returns the committed value of the key, or `undefined` if the key is absent. Never waits for a lock.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const balance = (await store.get('account:1')) ?? 0;
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the committed values of the keys as of one moment, in the order of the keys. The value of an
   * absent key is `undefined`. Never waits for a lock.
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
   * Puts all entries in a transaction of its own. If it fails, no entry is put.
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
   * Returns the value under a key. If the key is absent, runs `load` and puts the value that it returns.
   *
   * `load` runs without a lock. Concurrent callers with the same key on this store object share one run of
   * `load`. The store uses the `load` and the options of the first caller. A signal cancels only its own
   * caller. If another client has put a value meanwhile, returns that value. A `load` that fails is not
   * remembered. If `load` returns `undefined`, returns `undefined` and puts nothing.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED, LOCK_TIMEOUT, LOCK_UNAVAILABLE;
   * JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @throws the error that `load` throws
   * @example
   * const session = await store.getOrPut('session:1', async () => ({ user: 'ada' }), { ttl: 60_000 });
   */
  getOrPut<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    load: () => R | Promise<R>,
    options?: PutOptions,
  ): Promise<NextValue<S[K], R>>;
  /**
   * Yields the entries of a range in key order, as of the first `next()`.
   *
   * The methods of the iterator take effect in call order, like those of an async generator. The scan ends
   * with `return()`, with `throw()`, or when a `next()` fails. After that, `next()` returns `done: true`.
   * @throws {MemStoreError} INVALID_OPTION and SNAPSHOT_TOO_OLD from `next()`
   * @example
   * for await (const [key, balance] of store.entries({ prefix: 'account:' })) console.log(key, balance);
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<S, P>>;
  /**
   * Closes the store. Refuses new work with `STORE_CLOSED`, and rolls back transactions that are still open
   * after `drainTimeout`. Lets commits that have started finish. A second call returns when the first has
   * finished.
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
