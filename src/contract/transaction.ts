import type { EntryIterator } from './entry-iterator.ts';
import type { MemStoreError } from './errors.ts';
import type { PutOptions, RangeOptions, WaitOptions } from './options.ts';
import type { Entry, Key, ScannedEntry } from './schema.ts';
import type { Updates } from './updates.ts';

/** A point in a transaction to which `rollbackTo` can return. */
export interface Savepoint {
  /** The id of the transaction that created the savepoint. */
  readonly transactionId: number;
}

/** The state of a transaction. `committing` lasts from the call of `commit()` until its promise settles. */
export type TransactionStatus = 'active' | 'committing' | 'committed' | 'aborted';

/**
 * A read-only transaction, returned by `begin({ readOnly: true })`. It is a snapshot of the data that was
 * committed when it began. It takes no locks and never waits. Its operations take effect in call order.
 *
 * Every {@link Transaction} is also a `ReadTransaction`, so a function that only reads can accept both.
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
   * Identifies the transaction within its store. Ids increase within one process. A server reserves blocks of
   * ids for its clients.
   */
  readonly id: number;
  /**
   * The current state. If the server ends the transaction, a client sees that with the next reply to this
   * transaction.
   */
  readonly status: TransactionStatus;
  /**
   * The error that ended the transaction. Every later operation rejects with it. It is `undefined` while the
   * transaction is active or committing, and after a successful commit. After `rollback()` its code is
   * `TRANSACTION_ABORTED`. If the server ends the transaction, a client sees that with the next reply to this
   * transaction.
   * @example
   * if (tx.failure?.code === 'TRANSACTION_EXPIRED') console.warn('The transaction was idle for too long.');
   */
  readonly failure: MemStoreError | undefined;
  /** `true` if the transaction is a snapshot. */
  readonly readOnly: boolean;
  /**
   * The id of the first attempt at this work. A store compares ages to choose the victim of a deadlock. See
   * `TransactionOptions.age`.
   */
  readonly age: number;
  /**
   * Returns the value of the key, or `undefined` if the key is absent.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const balance = await tx.get('account:1');
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the values of the keys, in the order of the keys. The value of an absent key is `undefined`.
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
   * Returns the remaining TTL in milliseconds, or `undefined` if the entry never expires or does not exist.
   * @throws {MemStoreError} INVALID_KEY
   * @example
   * const leftMs = await tx.ttl('session:1');
   * if (leftMs !== undefined && leftMs < 60_000) console.log('The session ends soon.');
   */
  ttl(key: Key<S>, options?: WaitOptions): Promise<number | undefined>;
  /**
   * Yields the entries of a range in key order.
   *
   * Each call of the iterator is an operation of the transaction, and takes effect in call order. `return()`
   * and `throw()` end the scan after all earlier calls. After that, `next()` returns `done: true`. `return()`
   * never rejects. If a `next()` fails, the scan keeps its position and can be continued.
   * @throws {MemStoreError} INVALID_OPTION from the first `next()`
   * @example
   * for await (const [key, balance] of tx.entries({ prefix: 'account:', limit: 10 })) {
   *   console.log(key, balance);
   * }
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<S, P>>;
  /**
   * Ends the transaction. A snapshot has nothing to publish, so this fails only if the transaction has
   * already ended.
   * @throws {MemStoreError} TRANSACTION_CLOSED, or the code of the error that ended the transaction
   * @example
   * await tx.commit();
   */
  commit(): Promise<void>;
  /**
   * Ends the transaction immediately. Does nothing if the transaction has already ended. Never rejects.
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
 * A group of operations that take effect together or not at all, as if no other transaction ran at the same
 * time.
 *
 * Operations take effect in call order, whether or not they are awaited. The transaction keeps every lock
 * until its end (strict two-phase locking). After a rollback, every pending and later operation rejects with
 * the code of the error that caused it. After a commit, later operations reject with `TRANSACTION_CLOSED`. If
 * an operation waits too long or is cancelled, only that operation fails, and the transaction stays usable.
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
export interface Transaction<S extends object> extends ReadTransaction<S>, Updates<S> {
  /**
   * Returns the value of the key, or `undefined` if the key is absent. Takes a shared lock.
   * @throws {MemStoreError} INVALID_KEY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * const balance = await tx.get('account:1');
   */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the value of the key like `get`, but takes an exclusive lock. Use it for a key that the
   * transaction will write, because upgrading a shared lock can cause a deadlock.
   * @throws {MemStoreError} INVALID_KEY, READ_ONLY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE
   * @example
   * const balance = (await tx.getForUpdate('account:1')) ?? 0;
   * await tx.put('account:1', balance + 10);
   */
  getForUpdate<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Returns the remaining TTL in milliseconds, or `undefined` if the entry never expires or does not exist.
   * If this transaction has put the key, returns the `ttl` of that put. That TTL starts at the commit. Takes
   * a shared lock.
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
   * Puts all entries. If it fails, no entry is put. Takes exclusive locks in key order.
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
   * Yields the entries of a range in key order. The first `next()` takes a shared lock on the range. With
   * `limit`, only the part that was read is locked. Until this transaction ends, no other transaction can add
   * a key to the locked part.
   *
   * Each call of the iterator is an operation of the transaction, and takes effect in call order. `return()`
   * and `throw()` end the scan after all earlier calls. After that, `next()` returns `done: true`. `return()`
   * never rejects. If a `next()` fails, the scan keeps its position and can be continued.
   * @throws {MemStoreError} READ_ONLY, DEADLOCK, LOCK_TIMEOUT, LOCK_UNAVAILABLE; all of them, and
   * INVALID_OPTION, from `next()`
   * @example
   * const jobs = tx.entries({ prefix: 'job:', limit: 1, forUpdate: true, skipLocked: true });
   * for await (const [key, job] of jobs) {
   *   console.log(job.task);
   *   await tx.del(key);
   * }
   */
  entries<const P extends string = string>(range?: RangeOptions<P>): EntryIterator<ScannedEntry<S, P>>;
  /**
   * Creates a savepoint. Passing it to `rollbackTo` undoes the writes made after it.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   * @example
   * const before = await tx.savepoint();
   * await tx.put('account:1', 0);
   * await tx.rollbackTo(before);
   */
  savepoint(): Promise<Savepoint>;
  /**
   * Undoes the writes since the savepoint. Pending operations that were called since reject with `ABORTED`.
   * Keeps all locks. The savepoint stays valid, but later savepoints become invalid.
   * @throws {MemStoreError} INVALID_OPTION if the savepoint belongs to another transaction or has become
   * invalid
   * @example
   * const before = await tx.savepoint();
   * await tx.del('account:1');
   * await tx.rollbackTo(before);
   * console.log(await tx.has('account:1')); // true
   */
  rollbackTo(savepoint: Savepoint): Promise<void>;
  /**
   * Publishes all writes in one step. Waits for pending operations first. If one of them fails, rolls the
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
   * Discards the writes and releases the locks immediately. Does nothing if the transaction has already
   * ended. Never rejects.
   * @example
   * await tx.del('account:1');
   * await tx.rollback();
   * console.log(await store.has('account:1')); // true
   */
  rollback(): Promise<void>;
}
