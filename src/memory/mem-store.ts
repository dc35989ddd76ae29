import {
  readDrainTimeout,
  readPutOptions,
  readTouchOptions,
  readTransactionOptions,
  readUpdateOptions,
  readWaitOptions,
} from '../arguments/read-options.ts';
import { readClearOptions } from '../arguments/scan-options.ts';
import { unbounded } from '../cache/unbounded/unbounded.ts';
import type { ChangeBatch, KeyChangeBatch, WatchOptions, WatchRange } from '../contract/changes.ts';
import { type DirectOffer, type MaybePromise, offerDirect } from '../contract/direct-operations.ts';
import type { EntryIterator } from '../contract/entry-iterator.ts';
import type { EventName, Listener } from '../contract/events.ts';
import type { LockReport } from '../contract/lock-report.ts';
import type {
  ClearOptions,
  CloseOptions,
  PutOptions,
  RangeOptions,
  ReadWrite,
  RunOptions,
  TouchOptions,
  TransactionOptions,
  UpdateOptions,
  WaitOptions,
} from '../contract/options.ts';
import type { BigIntKey, Entry, Key, NextValue, NumberKey, ScannedEntry } from '../contract/schema.ts';
import type { StoreStats } from '../contract/stats.ts';
import type { ShownEntry, Store } from '../contract/store.ts';
import type { ReadTransaction, Transaction } from '../contract/transaction.ts';
import { Loads } from '../lifecycle/loads.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import { keyLocks } from '../locks/key-locks/key-locks.ts';
import { hashShards } from '../shards/hash-shards/hash-shards.ts';
import { closeEngine } from './close-engine.ts';
import { Engine } from './engine.ts';
import { loadJournal } from './load-journal.ts';
import type { MemStoreOptions } from './options.ts';
import { checkStrategy, resolveSettings } from './options.ts';
import type { Row } from './scan/scan-iterator.ts';
import { StoreOperations } from './store-operations.ts';
import type { EngineTransaction } from './transaction/mem-transaction.ts';
import { toPromise } from './transaction/operation.ts';
import type { Change } from './transaction/update-work.ts';

/**
 * A transactional key/value store in the memory of this process.
 *
 * `S` maps keys, or template-literal patterns of keys, to the types of their values.
 *
 * @example
 * const store = new MemStore<{ [account: `account:${string}`]: { balance: number } }>();
 * await store.transaction(async (tx) => {
 *   const account = (await tx.getForUpdate('account:1')) ?? { balance: 0 };
 *   await tx.put('account:1', { balance: account.balance + 10 });
 * });
 */
export class MemStore<S extends object = Record<string, unknown>> implements Store<S> {
  readonly #engine: Engine;
  readonly #operations: StoreOperations;
  #loads: Loads | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  /**
   * Creates a store in the memory of this process. If there is a journal, it is loaded in the background, and
   * the first operations wait until it is loaded.
   * @throws {MemStoreError} INVALID_OPTION
   * @example
   * const store = new MemStore({ cache: lru({ max: 10_000 }), lockTimeout: 1_000 });
   * await store.put('account:1', 100);
   */
  constructor(options: MemStoreOptions = {}) {
    const settings = resolveSettings(options);
    const shards = checkStrategy('shards', options.shards ?? hashShards());
    const locks = checkStrategy('locks', options.locks ?? keyLocks());
    const cache = checkStrategy('cache', options.cache ?? unbounded());
    const { journal: given } = options;
    const journal = given === undefined ? undefined : checkStrategy('journal', given);
    const { clock } = settings;
    const engine = new Engine(settings, {
      shards: shards.create({ yieldTurn: () => clock.yieldTurn(), monotonicMs: () => clock.monotonicMs() }),
      cache: cache.create(),
      journal: journal?.create(),
      createLocks: (host) => locks.create(host),
    });
    if (engine.journal !== undefined) engine.state.openAfter(loadJournal(engine, engine.journal));
    this.#engine = engine;
    this.#operations = new StoreOperations(engine);
    offerDirect(this, { operations: this.#operations, methods: METHODS });
  }

  // Transactions. An overload does not inherit the docstring of the interface, so each one repeats it.

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
  begin(options?: TransactionOptions): Promise<Transaction<S>> {
    try {
      const begun = this.#operations.beginPublic(readTransactionOptions(options));
      return begun as unknown as Promise<Transaction<S>>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

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
  transaction<R>(work: (tx: Transaction<S>) => R | Promise<R>, options?: RunOptions): Promise<R> {
    return runTransaction<S, R>(this, work, options, this.#engine.settings);
  }

  // One-shot reads. They return the last committed state and never wait.

  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    try {
      return toPromise(this.#operations.get(key, readWaitOptions(options)) as S[K] | undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }> {
    type Values = { -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined };
    try {
      return toPromise(this.#operations.getMany(keys, readWaitOptions(options)) as MaybePromise<Values>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  has(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    try {
      return toPromise(this.#operations.has(key, readWaitOptions(options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<S, P>> {
    return this.#operations.entries(range) as unknown as EntryIterator<ScannedEntry<S, P>>;
  }

  /**
   * Yields the changes of one key as they are committed. See the overload for a range.
   * @throws {MemStoreError} ABORTED, INVALID_KEY, INVALID_OPTION, REVISION_UNKNOWN and STORE_CLOSED from
   * `next()`
   * @example
   * for await (const batch of store.watch('account:1', { initial: true })) {
   *   console.log(batch.type, batch.revision); // snapshot
   *   break;
   * }
   */
  watch<K extends Key<S>>(key: K, options?: WatchOptions): AsyncIterableIterator<KeyChangeBatch<S, K>>;
  /**
   * Yields the changes of a range as they are committed, one batch for each transaction.
   *
   * The feed begins synchronously in the first call of `next()`. The first batch is `start`, or with
   * `initial` a `snapshot` of the range in one or more parts. Every later commit follows, in commit order,
   * after it is durable. Expiry and eviction are transactions too. A slow consumer never blocks a commit:
   * beyond `maxBuffered` changes the feed drops them, and yields `resync`.
   *
   * `return()`, `throw()`, the signal and the first `next()` that fails end the feed. When `return()` is
   * called, waiting calls of `next()` resolve with `done: true`.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, REVISION_UNKNOWN and STORE_CLOSED from `next()`
   * @example
   * for await (const batch of store.watch({ prefix: 'account:' })) {
   *   if (batch.type === 'start') await store.put('account:1', 100);
   *   if (batch.type !== 'commit') continue;
   *   for (const { key, value, cause } of batch.changes) console.log(cause, key, value);
   *   break;
   * }
   */
  watch<const P extends string = string>(
    range?: WatchRange<P>,
    options?: WatchOptions,
  ): AsyncIterableIterator<ChangeBatch<S, P>>;
  watch(
    range?: string | WatchRange,
    options?: WatchOptions,
  ): AsyncIterableIterator<ChangeBatch<S> & KeyChangeBatch<S, Key<S>>> {
    return this.#operations.watch(range, options) as unknown as AsyncIterableIterator<
      ChangeBatch<S> & KeyChangeBatch<S, Key<S>>
    >;
  }

  /**
   * Yields every committed entry in key order, with the id of the transaction that holds its exclusive lock,
   * if there is one.
   * @throws {MemStoreError} ABORTED, SNAPSHOT_TOO_OLD and STORE_CLOSED from `next()`
   * @example
   * for await (const [key, { value, transactionId }] of store.showAll())
   *   console.log(key, value, transactionId);
   */
  showAll(): AsyncIterableIterator<[key: Key<S>, entry: ShownEntry<S[Key<S>]>]> {
    const shown = ([key, value]: Row): Row => [
      key,
      { value, transactionId: this.#engine.locks.exclusiveHolder(key) },
    ];
    return this.#operations.rows(undefined, shown) as unknown as AsyncIterableIterator<
      [key: Key<S>, entry: ShownEntry<S[Key<S>]>]
    >;
  }

  // One-shot writes

  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return toPromise(this.#operations.put(key, value, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return toPromise(this.#operations.putMany(entries, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  del(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    try {
      return toPromise(this.#operations.del(key, readWaitOptions(options)));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  // One-shot operations that read and write

  update<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    change: (value: S[K] | undefined) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<NextValue<S[K], R>> {
    try {
      const { wait, ttl } = readUpdateOptions(options);
      const updated = this.#operations.update(key, change as Change, ttl, wait);
      return toPromise(updated as MaybePromise<NextValue<S[K], R>>);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Adds a number to the number under a key, and returns the sum. An absent key counts as 0. The entry keeps
   * its deadline unless an option gives a new one.
   * @param by the number to add. @default 1
   * @throws {MemStoreError} INVALID_VALUE if the value is not a number, or the sum is not finite. Then the
   * value stays unchanged. Other codes are those of `update`
   * @example
   * const visits = await store.increment('visits:home');
   * const thisMinute = await store.increment('visits:9:41', 1, { initialTtl: 60_000 });
   */
  increment<K extends NumberKey<S>>(key: K, by?: number, options?: UpdateOptions): Promise<number>;
  /**
   * Adds a bigint to the bigint under a key, and returns the sum. An absent key counts as 0n.
   * @throws {MemStoreError} INVALID_VALUE if the value is not a bigint. Then the value stays unchanged. Other
   * codes are those of `update`
   * @example
   * const bytes = await store.increment('bytes:sent', 4_096n);
   */
  increment<K extends BigIntKey<S>>(key: K, by: bigint, options?: UpdateOptions): Promise<bigint>;
  increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<number | bigint> {
    try {
      const { wait, ttl } = readUpdateOptions(options);
      return toPromise(this.#operations.increment(key, by, ttl, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  take<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    try {
      return toPromise(this.#operations.take(key, readWaitOptions(options)) as S[K] | undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putIfAbsent<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<boolean> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return toPromise(this.#operations.putIfAbsent(key, value, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  touch(key: Key<S>, options: TouchOptions): Promise<boolean> {
    try {
      const { wait, ttlMs } = readTouchOptions(options);
      return toPromise(this.#operations.touch(key, ttlMs, wait));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  clear(range?: ClearOptions): Promise<number> {
    try {
      const { wait, range: bounds } = readClearOptions(range);
      return this.#operations.clear(bounds, wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  getOrPut<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    load: () => R | Promise<R>,
    options?: PutOptions,
  ): Promise<NextValue<S[K], R>> {
    this.#loads ??= new Loads(this as unknown as MemStore, this.#copy);
    return this.#loads.getOrPut(key, load, options) as Promise<NextValue<S[K], R>>;
  }

  readonly #copy = (value: unknown): unknown => {
    const { copier } = this.#engine.settings;
    return copier.load(value);
  };

  // The whole store

  /** The default `idleTimeout` of a transaction, in milliseconds. */
  get idleTimeout(): number {
    return this.#engine.settings.idleTimeoutMs;
  }

  /**
   * Commits every open read-write transaction in parallel. This includes transactions whose
   * `transaction(work)` is still running: the next operation of that work rejects with `TRANSACTION_CLOSED`.
   * @throws {AggregateError} as a rejection, if commits failed; it lists their errors, such as
   * JOURNAL_FAILED
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await store.commitAll();
   */
  commitAll(): Promise<void> {
    return settleCommits(this.#openTransactions().map(async (transaction) => transaction.commit()));
  }

  /**
   * Rolls back every open read-write transaction. Never rejects.
   * @example
   * const tx = await store.begin();
   * await store.rollbackAll();
   * console.log(tx.failure?.code); // TRANSACTION_ABORTED
   */
  async rollbackAll(): Promise<void> {
    await Promise.all(this.#openTransactions().map((transaction) => transaction.rollback()));
  }

  #openTransactions(): EngineTransaction[] {
    const transactions = this.#engine.open.all() as EngineTransaction[];
    return transactions
      .filter((transaction) => !transaction.readOnly && transaction.status === 'active')
      .reverse();
  }

  /**
   * Returns counters and sizes, as plain data. Never throws.
   * @example
   * const { commits, deadlocks, waitingOperations } = store.stats();
   */
  stats(): StoreStats {
    const { counters, shards, open, history, expiry, cache, events, settings, uncommitted, hub } =
      this.#engine;
    const oldestMs = history.oldestBeganMs;
    return {
      ...counters,
      entries: shards.size,
      shards: shards.shardCount,
      activeTransactions: open.active,
      activeSnapshots: open.snapshots,
      oldestSnapshotAgeMs: oldestMs === undefined ? undefined : settings.clock.monotonicMs() - oldestMs,
      historyVersions: history.versions,
      historyBytes: history.bytes,
      uncommittedBytes: uncommitted?.total ?? 0,
      expiringEntries: expiry.size,
      changeFeeds: hub.feeds.size,
      bufferedChanges: hub.buffered,
      cacheSize: cache.totalSize,
      listenerErrors: events.listenerErrors,
    };
  }

  /**
   * Returns the held locks and the waiting requests, as plain data. Never throws.
   * @example
   * for (const { transactionId, waitsFor } of store.locks().waiting) console.log(transactionId, waitsFor);
   */
  locks(): LockReport {
    return this.#engine.locks.report();
  }

  /**
   * Adds a listener for every event of this name. Listeners are called in the order of the events.
   *
   * The listener runs in a microtask after the operation that caused the event, so it may use the store. The
   * store emits at most 1,000 events in one turn of the event loop. Further events follow in the next turns.
   * A listener that throws causes `listenerError`, and has no other effect.
   * @throws {MemStoreError} INVALID_OPTION for an unknown event, or a listener that is not a function
   * @example
   * store.on('commit', ({ transactionId, writes }) => console.log(`${transactionId} wrote ${writes} keys`));
   */
  on<E extends EventName>(event: E, listener: Listener<E>): this {
    this.#engine.events.on(event, listener);
    return this;
  }

  /**
   * Adds a listener that is called for the next event of this name only. See `on`.
   * @throws {MemStoreError} INVALID_OPTION for an unknown event, or a listener that is not a function
   * @example
   * store.once('close', () => console.log('The store is closed.'));
   */
  once<E extends EventName>(event: E, listener: Listener<E>): this {
    this.#engine.events.on(event, listener, true);
    return this;
  }

  /**
   * Removes a listener from this event. Does nothing if the listener was not added. Never throws.
   * @example
   * const listener = () => console.log('A commit!');
   * store.on('commit', listener);
   * store.off('commit', listener);
   */
  off<E extends EventName>(event: E, listener: Listener<E>): this {
    this.#engine.events.off(event, listener);
    return this;
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainTimeout = readDrainTimeout(options);
    this.#closed ??= this.#close(drainTimeout);
    return this.#closed;
  }

  async #close(drainTimeout: number): Promise<void> {
    this.#loads?.close();
    const loading = this.#engine.state.close();
    if (loading !== undefined) await loading;
    await closeEngine(this.#engine, drainTimeout);
    await this.#engine.journal?.close();
    this.#engine.events.emit('close', {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The original methods. A subclass may override any of them. */
const METHODS: DirectOffer['methods'] = MemStore.prototype as unknown as DirectOffer['methods'];
