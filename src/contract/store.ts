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
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long one wait for a lock may last, in milliseconds, before the operation rejects with
   * `LOCK_TIMEOUT`. 0 never waits: the operation rejects with `LOCK_UNAVAILABLE` instead.
   * @default the transaction's own `lockTimeout`
   */
  readonly lockTimeout?: number | undefined;
}

/** Options of `put` and `putMany`. */
export interface PutOptions extends WaitOptions {
  /**
   * The time to live of the entry in milliseconds, counted from the commit: at most `MAX_TTL_MS`, or
   * `Infinity` for ever. A put without it clears an earlier one. The deadline is a moment of the system
   * clock: setting that clock back by an hour makes the entry live an hour longer.
   * @default the cache strategy's `ttl`, which by default is `Infinity`
   */
  readonly ttl?: number | undefined;
}

/**
 * Options of `entries`: the bounds of the range and how it is read. Later changes of the object change
 * nothing.
 */
export interface RangeOptions<P extends string = string> extends RangeBounds, WaitOptions {
  /** Only keys that start with this. A literal type keeps its entries' types. */
  readonly prefix?: P | undefined;
  /** From the last key to the first. @default false */
  readonly reverse?: boolean | undefined;
  /** Yields at most this many entries. @default Infinity */
  readonly limit?: number | undefined;
  /** Locks the rows it yields exclusively, as `getForUpdate` does. @default false */
  readonly forUpdate?: boolean | undefined;
  /**
   * Passes over rows that others hold, takes no lock on the range, and counts `limit` after skipping: the
   * job-queue read. It needs `forUpdate`. What it yields is outside the serializability promise.
   * @default false
   */
  readonly skipLocked?: boolean | undefined;
}

/** Options of `begin`. */
export interface TransactionOptions extends WaitOptions {
  /**
   * Opens a snapshot of what is committed now: it takes no lock, never waits, and fails only with
   * `SNAPSHOT_TOO_OLD` when it outlives the history limit.
   * @default false
   */
  readonly readOnly?: boolean | undefined;
  /**
   * The `age` of an earlier attempt at the same work. In a deadlock the youngest loses, so a retry that
   * keeps its age gets through in the end. `transaction()` passes it by itself.
   * @default the id of the new transaction
   */
  readonly age?: number | undefined;
  /**
   * After how long without an operation the transaction is rolled back (`TRANSACTION_EXPIRED`), in
   * milliseconds; `Infinity` never does. Waiting for a lock is not idleness. A server refuses more than its
   * limit `maxIdleTimeout` with `LIMIT_EXCEEDED`.
   * @default the store's own `idleTimeout`
   * @example
   * await store.transaction(work, { idleTimeout: 5 * 60_000 });
   */
  readonly idleTimeout?: number | undefined;
}

/** Options of `transaction`. */
export interface RunOptions extends WaitOptions {
  /** Runs the work on a read-only snapshot. @default false */
  readonly readOnly?: boolean | undefined;
  /**
   * After how long without an operation an attempt is rolled back (`TRANSACTION_EXPIRED`), in milliseconds;
   * `Infinity` never does. Waiting for a lock is not idleness. A server refuses more than its limit
   * `maxIdleTimeout` with `LIMIT_EXCEEDED`.
   * @default the store's own `idleTimeout`
   * @example
   * await store.transaction(work, { idleTimeout: 5 * 60_000 });
   */
  readonly idleTimeout?: number | undefined;
  /** No attempt starts later than this after the first, in milliseconds. @default 30_000 */
  readonly retryTimeout?: number | undefined;
  /** The greatest number of attempts, the first included. @default Infinity */
  readonly maxAttempts?: number | undefined;
}

/** Options of `begin` or `transaction` that ask for a transaction that may write. */
export type ReadWrite<Options extends object> = Options & { readonly readOnly?: false | undefined };

/** Options of `close`. */
export interface CloseOptions {
  /**
   * How long open transactions may take to end by themselves, in milliseconds; then they are rolled back.
   * @default 0
   */
  readonly drainTimeout?: number | undefined;
}

/** A moment within a transaction that it can go back to. */
export interface Savepoint {
  /** The transaction that it belongs to. */
  readonly transactionId: number;
}

/** `committing` lasts from the call of `commit()` to its end. */
export type TransactionStatus = 'active' | 'committing' | 'committed' | 'aborted';

/**
 * A transaction that only reads, as `begin({ readOnly: true })` gives it: a snapshot of what was committed
 * when it began. It takes no lock and never waits. Its operations take effect in the order of the calls.
 *
 * Every {@link Transaction} is a `ReadTransaction` too, so a function that only reads takes either.
 * @example
 * async function total(tx: ReadTransaction<Accounts>): Promise<number> {
 *   let sum = 0;
 *   for await (const [, balance] of tx.entries({ prefix: 'account:' })) sum += balance;
 *   return sum;
 * }
 * await store.transaction(total, { readOnly: true });
 */
export interface ReadTransaction<S extends object> {
  /**
   * Identifies the transaction within its store. The ids of one process grow; a server gives them to its
   * clients by the block.
   */
  readonly id: number;
  readonly status: TransactionStatus;
  /**
   * The error that ended the transaction, with which every later operation rejects. `undefined` while the
   * transaction is active or committing, and after a successful commit. After `rollback()` its code is
   * `TRANSACTION_ABORTED`. A client learns of an end on the server with the next reply to this transaction.
   * @example
   * if (tx.failure?.code === 'TRANSACTION_EXPIRED') console.warn('The transaction was idle for too long.');
   */
  readonly failure: MemStoreError | undefined;
  /** True for a snapshot. */
  readonly readOnly: boolean;
  /**
   * The id of the first attempt at this work, by which a store knows its age. See `TransactionOptions.age`.
   */
  readonly age: number;
  /** Returns the value under the key, or `undefined`. */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /** Returns the values under the keys, in the order of the keys. */
  getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }>;
  /** Returns whether there is a value under the key. */
  has(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /** Returns the remaining TTL in milliseconds; `undefined` if the entry lives for ever or does not exist. */
  ttl(key: Key<S>, options?: WaitOptions): Promise<number | undefined>;
  /**
   * Yields the entries of a range in key order.
   *
   * The calls of the iterator are operations of the transaction, like any other, and take effect in the order
   * of the calls. `return()` and `throw()` end the scan after all earlier calls; then every `next()` is done.
   * `return()` never rejects. A `next()` that fails yields nothing and leaves the scan where it was, so it
   * may be called again.
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  /** Ends the transaction. A snapshot has nothing to publish, so this fails only if it has ended before. */
  commit(): Promise<void>;
  /** Ends the transaction at once. After the end it does nothing. Never rejects. */
  rollback(): Promise<void>;
  /** Rolls back unless finished. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Several operations that take effect together or not at all, as if they ran alone.
 *
 * Its operations take effect in the order of the calls, awaited or not. Every lock is held to the end. When
 * the transaction is rolled back, by whomever, every pending and later operation rejects with the code of
 * why; after a commit, with `TRANSACTION_CLOSED`. An operation that fails because it waited too long or was
 * cancelled fails alone: the transaction stays usable.
 */
export interface Transaction<S extends object> extends ReadTransaction<S> {
  /** The value under the key, or undefined. Takes a shared lock. */
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /** Like `get`, with an exclusive lock from the start: for what is going to be written. */
  getForUpdate<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * How long the entry has to live from now on, in milliseconds; undefined when it lives for ever, or does
   * not exist. Of a put of this transaction it is what the put says: a life begins at the commit. Takes a
   * shared lock.
   */
  ttl(key: Key<S>, options?: WaitOptions): Promise<number | undefined>;
  /** Puts a value under a key when the transaction commits. Takes an exclusive lock. */
  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void>;
  /** Puts all the entries or, when it fails, none. Locks in key order. */
  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void>;
  /** Deletes the key when the transaction commits. True when there was something to delete. */
  del(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * The entries of a range in key order. Takes a shared lock on the range, when the first one is asked for;
   * with `limit`, on the part that was read.
   */
  entries<const P extends string = string>(
    range?: RangeOptions<P>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  savepoint(): Promise<Savepoint>;
  /**
   * Undoes the writes since the savepoint and cancels the operations begun since, which reject with
   * `ABORTED`. Locks are kept. The savepoint itself stays valid, later ones do not.
   */
  rollbackTo(savepoint: Savepoint): Promise<void>;
  /**
   * Makes the writes visible to everybody in one step. Waits for the operations that are pending; if one
   * of them fails the transaction is rolled back and the commit rejects with the same error.
   */
  commit(): Promise<void>;
  /** Throws the writes away and releases the locks at once. After the end it does nothing. Never rejects. */
  rollback(): Promise<void>;
}

/**
 * Every backend implements it: in this process, in another, on a cluster.
 *
 * The one-shot operations are each a transaction of its own. The reads among them see the last committed
 * state and never wait; the writes retry by the same loop as `transaction`.
 */
export interface Store<S extends object> {
  /** Begins a transaction that the caller ends: a snapshot if `readOnly` is true. */
  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  /**
   * Runs the work in a transaction: commits when it returns, rolls back when it throws, and runs it again
   * when the transaction ended for a retryable cause. With `readOnly: true` the work reads a snapshot.
   */
  transaction<R>(work: (tx: Transaction<S>) => R | Promise<R>, options?: ReadWrite<RunOptions>): Promise<R>;
  transaction<R>(work: (tx: ReadTransaction<S>) => R | Promise<R>, options?: RunOptions): Promise<R>;
  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }>;
  has(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void>;
  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void>;
  del(key: Key<S>, options?: WaitOptions): Promise<boolean>;
  /**
   * The entries of a range as they are committed when the first one is asked for.
   *
   * The calls of the iterator take effect in the order of the calls, as those of an async generator do.
   * `return()`, `throw()` and the first `next()` that fails end the scan; then every `next()` is done.
   */
  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): AsyncIterableIterator<ScannedEntry<S, P>>;
  /**
   * Refuses new work with `STORE_CLOSED`, rolls open transactions back, lets commits under way finish.
   * Calling it again waits for the same end.
   */
  close(options?: CloseOptions): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A committed entry, as `showAll` yields it. */
export interface ShownEntry<V> {
  readonly value: V;
  /** The transaction that holds the key exclusively, if one does. */
  readonly transactionId: number | undefined;
}

/** Counters and sizes of a store, as plain data. Counts run from the opening of the store. */
export interface StoreStats {
  /**
   * Entries in the tables, including expired ones that are not yet swept. A commit of more than 4,096 writes
   * is visible at once, but moves into the tables in several turns; until then only a part of it is counted.
   */
  readonly entries: number;
  readonly shards: number;
  readonly activeTransactions: number;
  readonly activeSnapshots: number;
  /** How long ago the oldest open snapshot began, in milliseconds; undefined without one. */
  readonly oldestSnapshotAgeMs: number | undefined;
  /** Old versions kept for snapshots. */
  readonly historyVersions: number;
  /** The bytes of these versions, estimated; 0 unless `maxHistoryBytes` limits them. */
  readonly historyBytes: number;
  /**
   * The bytes that open transactions hold, estimated; 0 unless `maxTransactionBytes` or `maxUncommittedBytes`
   * limits them.
   */
  readonly uncommittedBytes: number;
  /** Entries that have an expiry time. */
  readonly expiringEntries: number;
  /** The size of all entries in the cache strategy's measure; 0 when it keeps no account. */
  readonly cacheSize: number;
  readonly waitingOperations: number;
  readonly begins: number;
  readonly commits: number;
  readonly rollbacks: number;
  readonly deadlocks: number;
  readonly lockWaits: number;
  readonly lockTimeouts: number;
  readonly evictions: number;
  readonly expirations: number;
  /** Listeners that threw; see the `listenerError` event. */
  readonly listenerErrors: number;
}
