import { randomUUID } from 'node:crypto';
import { checkKey, checkKeys, checkStorableKey } from '../arguments/check-keys.ts';
import {
  readDrainTimeout,
  readPutOptions,
  readTouchOptions,
  readTransactionOptions,
  readUpdateOptions,
  readWaitOptions,
  ttlOptions,
} from '../arguments/read-options.ts';
import { readClearOptions, ScanOptions } from '../arguments/scan-options.ts';
import { readWatch, type WatchRequest } from '../arguments/watch-options.ts';
import type { Batch } from '../changes/batch.ts';
import { ChangeIterator, refusedFeed } from '../changes/change-iterator.ts';
import { messagePackCodec } from '../codecs/message-pack-codec.ts';
import { nodeFormat } from '../codecs/node-format.ts';
import type { ChangeBatch, KeyChangeBatch, WatchOptions, WatchRange } from '../contract/changes.ts';
import type { Timer } from '../contract/clock.ts';
import type { EntryIterator } from '../contract/entry-iterator.ts';
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
import type { Store } from '../contract/store.ts';
import type { ReadTransaction, Transaction } from '../contract/transaction.ts';
import { refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
import { Drain } from '../lifecycle/drain.ts';
import { Loads } from '../lifecycle/loads.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';
import { idleTooLong } from '../lifecycle/transaction-errors.ts';
import { EtcdFeed } from './changes/etcd-feed.ts';
import { Cluster } from './cluster.ts';
import { type EtcdStoreOptions, type ResolvedEtcdOptions, resolveEtcdOptions } from './etcd-options.ts';
import { EtcdTransaction, type TransactionHost } from './etcd-transaction.ts';
import { KeySpace } from './key-space.ts';
import { OneShotScan } from './one-shot-scan.ts';
import { toWrites } from './pending-writes.ts';
import { ProcessLeases } from './process-leases.ts';

/** The number of idle checks in one idle timeout. */
const SWEEPS_PER_TIMEOUT = 4;

/**
 * A store on an etcd cluster. Many processes can share it, and it survives the loss of a machine.
 *
 * Transactions are optimistic (Kung and Robinson, 1981): at commit, the cluster checks the entries that the
 * transaction has read. If they have changed, the commit rejects with `CONFLICT`, and `transaction()`
 * retries. docs/guide/clusters.md lists the differences from a store in memory.
 *
 * @example
 * ```ts no-run
 * const store = await EtcdStore.open({ hosts: ['10.0.0.1:2379', '10.0.0.2:2379'], prefix: 'shop' });
 * ```
 */
export class EtcdStore<S extends object = Record<string, unknown>> implements Store<S> {
  readonly #options: ResolvedEtcdOptions;
  readonly #host: TransactionHost;
  readonly #open = new Set<EtcdTransaction>();
  /** The feeds that have begun and not ended. */
  readonly #feeds = new Set<EtcdFeed>();
  #lastId = 0;
  #loads: Loads | undefined;
  readonly #drain = new Drain();
  #closed: Promise<void> | undefined;
  #sweep: Timer | undefined;
  #sweepDueMs: number = Number.POSITIVE_INFINITY;

  private constructor(options: ResolvedEtcdOptions) {
    const cluster = new Cluster(options);
    const keys = new KeySpace(options.prefix);
    this.#options = options;
    this.#host = {
      options,
      cluster,
      keys,
      clock: options.clock,
      leases: new ProcessLeases(cluster, keys, options.leaseTtlSeconds),
      codec: messagePackCodec(nodeFormat),
      name: randomUUID(),
      ended: (transaction) => this.#ended(transaction),
    };
  }

  /**
   * Connects to a cluster.
   * @throws {MemStoreError} INVALID_OPTION; CONNECTION_LOST if it does not answer; AUTH_REQUIRED, AUTH_FAILED
   * @example
   * ```ts no-run
   * const store = await EtcdStore.open({ hosts: 'localhost:2379' });
   * await store.put('greeting', 'hello');
   * await store.close();
   * ```
   */
  static async open<S extends object = Record<string, unknown>>(
    options: EtcdStoreOptions,
  ): Promise<EtcdStore<S>> {
    const store = new EtcdStore<S>(resolveEtcdOptions(options));
    try {
      await store.#revision();
    } catch (error) {
      store.#host.cluster.close();
      throw error;
    }
    return store;
  }

  // Transactions. An overload does not inherit the docstring of the interface, so each one repeats it.

  /**
   * Begins a transaction. The caller must commit it or roll it back. With `readOnly: true`, begins a
   * snapshot.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, STORE_CLOSED
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await tx.commit();
   */
  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  /**
   * Begins a snapshot. The caller must end it with `commit` or `rollback`.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, STORE_CLOSED, CONNECTION_LOST
   * @example
   * const snapshot = await store.begin({ readOnly: true });
   * console.log(await snapshot.get('account:1'));
   * await snapshot.rollback();
   */
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  begin(options?: TransactionOptions): Promise<Transaction<S>> {
    return this.#begin(options) as unknown as Promise<Transaction<S>>;
  }

  async #begin(given?: TransactionOptions): Promise<EtcdTransaction> {
    const options = readTransactionOptions(given) ?? {};
    this.#refuseUnlessOpen(options);
    const id = ++this.#lastId;
    const snapshot = options.readOnly ? await this.#revision(options.signal) : undefined;
    if (this.#closed !== undefined) throw storeClosed();
    const lockTimeoutMs = options.lockTimeout ?? this.#options.lockTimeoutMs;
    const transaction = new EtcdTransaction(this.#host, {
      id,
      age: options.age ?? id,
      lockTimeoutMs,
      idleTimeoutMs: options.idleTimeout ?? this.#options.idleTimeoutMs,
      snapshot,
    });
    this.#open.add(transaction);
    this.#sweepWithin(transaction.idleTimeoutMs / SWEEPS_PER_TIMEOUT);
    return transaction;
  }

  /**
   * Runs the work in a transaction. Commits when the work returns, and rolls back when it throws. If the
   * transaction fails with a retryable error, runs the work again after a random delay. The delay grows with
   * each attempt.
   * @returns the result of the work
   * @throws {MemStoreError} the error of the last attempt, such as CONFLICT, when `retryTimeout` or
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
    return runTransaction<S, R>(this, work, options, this.#options);
  }

  // One-shot reads. They return the newest state that the cluster agrees on.

  async get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    const [value] = await this.#read(options, () => {
      checkKey(key);
      return [key];
    });
    return value as S[K] | undefined;
  }

  async getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }> {
    type Values = { -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined };
    return (await this.#read(options, () => checkKeys(keys))) as Values;
  }

  async has(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined;
  }

  async #read(options: WaitOptions | undefined, check: () => string[]): Promise<unknown[]> {
    const wait = readWaitOptions(options);
    this.#refuseUnlessOpen(wait);
    const wanted = check();
    // A transaction that only reads checks nothing at commit and holds no locks, so it need not be ended.
    const tx = new EtcdTransaction(this.#host, {
      id: 0,
      age: 0,
      lockTimeoutMs: 0,
      idleTimeoutMs: Number.POSITIVE_INFINITY,
      snapshot: undefined,
    });
    return tx.getMany(wanted, wait);
  }

  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<S, P>> {
    const options = ScanOptions.of(range);
    const begin = async (): Promise<EtcdTransaction> => {
      options.check();
      return this.#begin({ readOnly: true, signal: options.signal });
    };
    const scan = new OneShotScan(begin, (snapshot) => snapshot.entries(options));
    return scan as unknown as EntryIterator<ScannedEntry<S, P>>;
  }

  /**
   * Yields the changes of one key as they are committed. See the overload for a range.
   * @throws {MemStoreError} ABORTED, INVALID_KEY, INVALID_OPTION, REVISION_UNKNOWN, STORE_CLOSED,
   * CONNECTION_LOST and AUTH_FAILED from `next()`
   * @example
   * for await (const batch of store.watch('account:1', { initial: true })) {
   *   console.log(batch.type, batch.revision); // snapshot
   *   break;
   * }
   */
  watch<K extends Key<S>>(key: K, options?: WatchOptions): AsyncIterableIterator<KeyChangeBatch<S, K>>;
  /**
   * Yields the changes of a range as they are committed by all processes, one batch for each revision of the
   * cluster.
   *
   * The first `next()` asks the cluster for its revision, and the feed begins there. The first batch is
   * `start`, or with `initial` a `snapshot` of the range in one or more parts. Every later commit follows. A
   * feed that loses its connection continues where it was. If the cluster has compacted changes that the feed
   * still needs, it yields `resync`. The cause of a change is `put`, `del` or `expire`.
   *
   * `return()`, `throw()`, the signal and the first `next()` that fails end the feed. Calls of `next()` that
   * wait when `return()` is called are done. A feed that has begun keeps the process alive until it ends.
   * @throws {MemStoreError} ABORTED, INVALID_OPTION, REVISION_UNKNOWN, STORE_CLOSED, CONNECTION_LOST and
   * AUTH_FAILED from `next()`
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
    return this.#watch(range, options) as unknown as AsyncIterableIterator<
      ChangeBatch<S> & KeyChangeBatch<S, Key<S>>
    >;
  }

  #watch(range: unknown, options: WatchOptions | undefined): AsyncIterableIterator<Batch> {
    let request: WatchRequest;
    try {
      request = readWatch(range, options);
    } catch (error) {
      return refusedFeed(error);
    }
    const host = { ...this.#host, feeds: this.#feeds, isClosed: () => this.#closed !== undefined };
    return new ChangeIterator(new EtcdFeed(host, request));
  }

  // One-shot writes

  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void> {
    return this.#put([[key, value]], options);
  }

  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void> {
    return this.#put(entries, options);
  }

  async #put(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    const { wait, ttlMs } = readPutOptions(options);
    this.#refuseUnlessOpen(wait);
    const writes = toWrites(this.#host, entries, ttlMs);
    return this.#oneShot((tx) => tx.putWrites(writes, wait), wait);
  }

  async del(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    const wait = readWaitOptions(options);
    this.#refuseUnlessOpen(wait);
    checkStorableKey(key);
    return this.#oneShot((tx) => tx.del(key, wait), wait);
  }

  // One-shot operations that read and write

  async update<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    change: (value: S[K] | undefined) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<NextValue<S[K], R>> {
    const { wait, ttl } = readUpdateOptions(options);
    this.#refuseUnlessOpen(wait);
    const run = (tx: EtcdTransaction): Promise<unknown> =>
      tx.update(key, change as (value: unknown) => unknown, { ...wait, ...ttlOptions(ttl) });
    return (await this.#oneShot(run, wait)) as NextValue<S[K], R>;
  }

  /**
   * Adds a number to the number under a key, and returns the sum. An absent key counts as 0. The entry keeps
   * its deadline unless an option gives a new one.
   * @param by the number to add. @default 1
   * @throws {MemStoreError} INVALID_VALUE if the value is not a number, or the sum is not finite. Then
   * the value stays. Otherwise the codes of `update`
   * @example
   * const visits = await store.increment('visits:home');
   * const thisMinute = await store.increment('visits:9:41', 1, { initialTtl: 60_000 });
   */
  increment<K extends NumberKey<S>>(key: K, by?: number, options?: UpdateOptions): Promise<number>;
  /**
   * Adds a bigint to the bigint under a key, and returns the sum. An absent key counts as 0n.
   * @throws {MemStoreError} INVALID_VALUE if the value is not a bigint. Then the value stays. Otherwise the
   * codes of `update`
   * @example
   * const bytes = await store.increment('bytes:sent', 4_096n);
   */
  increment<K extends BigIntKey<S>>(key: K, by: bigint, options?: UpdateOptions): Promise<bigint>;
  async increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<never> {
    const { wait, ttl } = readUpdateOptions(options);
    this.#refuseUnlessOpen(wait);
    const run = (tx: EtcdTransaction): Promise<unknown> =>
      tx.increment(key, by, { ...wait, ...ttlOptions(ttl) });
    return (await this.#oneShot(run, wait)) as never;
  }

  async take<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    const wait = readWaitOptions(options);
    this.#refuseUnlessOpen(wait);
    return (await this.#oneShot((tx) => tx.take(key, wait), wait)) as S[K] | undefined;
  }

  async putIfAbsent<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<boolean> {
    const { wait, ttlMs } = readPutOptions(options);
    this.#refuseUnlessOpen(wait);
    // Encoded now, so that later changes of the value have no effect.
    const writes = toWrites(this.#host, [[key, value]], ttlMs);
    return this.#oneShot((tx) => tx.putWriteIfAbsent(key, writes, wait), wait);
  }

  async touch(key: Key<S>, options: TouchOptions): Promise<boolean> {
    const { wait, ttlMs } = readTouchOptions(options);
    this.#refuseUnlessOpen(wait);
    return this.#oneShot((tx) => tx.touch(key, { ...wait, ttl: ttlMs }), wait);
  }

  async clear(range?: ClearOptions): Promise<number> {
    const { wait, range: bounds } = readClearOptions(range);
    this.#refuseUnlessOpen(wait);
    return this.#oneShot((tx) => tx.clear({ ...bounds, ...wait }), wait);
  }

  getOrPut<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    load: () => R | Promise<R>,
    options?: PutOptions,
  ): Promise<NextValue<S[K], R>> {
    this.#loads ??= new Loads(this as unknown as EtcdStore, this.#copy);
    return this.#loads.getOrPut(key, load, options) as Promise<NextValue<S[K], R>>;
  }

  readonly #copy = (value: unknown): unknown => {
    const { codec } = this.#host;
    return value === undefined ? undefined : codec.decode(codec.encode(value) as Uint8Array);
  };

  #oneShot<R>(operation: (tx: EtcdTransaction) => Promise<R>, wait: WaitOptions | undefined): Promise<R> {
    const { clock, random } = this.#options;
    // The `begin` of this store always returns an `EtcdTransaction`.
    const work = (tx: Transaction<S>): Promise<R> => operation(tx as unknown as EtcdTransaction);
    return runTransaction<S, R>(this, work, wait, { clock, random, isOneShot: true });
  }

  // Closing and idle timeouts

  /** The idle timeout of transactions whose `begin` does not set one, in milliseconds. */
  get idleTimeout(): number {
    return this.#options.idleTimeoutMs;
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainTimeout = readDrainTimeout(options);
    this.#closed ??= this.#close(drainTimeout);
    return this.#closed;
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    this.#loads?.close();
    if (drainTimeoutMs > 0 && this.#open.size > 0)
      await this.#drain.wait(this.#options.clock, drainTimeoutMs);
    for (const feed of this.#feeds) feed.fail(storeClosed());
    const transactions = [...this.#open];
    for (const transaction of transactions)
      if (transaction.status === 'active') transaction.abort(storeClosed());
    await Promise.all(transactions.map((transaction) => transaction.ended()));
    this.#options.clock.clearTimer(this.#sweep);
    await this.#host.leases.close();
    this.#host.cluster.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ended(transaction: EtcdTransaction): void {
    this.#open.delete(transaction);
    if (this.#open.size === 0) this.#drain.finish();
  }

  /** Schedules a sweep after this delay, unless an earlier one is scheduled. */
  #sweepWithin(delayMs: number): void {
    const { clock } = this.#options;
    const dueMs = clock.monotonicMs() + delayMs;
    if (dueMs >= this.#sweepDueMs) return;
    if (this.#sweep !== undefined) clock.clearTimer(this.#sweep);
    this.#sweepDueMs = dueMs;
    this.#sweep = clock.setTimer(() => this.#endIdle(), Math.max(delayMs, 1), false);
  }

  #endIdle(): void {
    const { clock } = this.#options;
    this.#sweep = undefined;
    this.#sweepDueMs = Number.POSITIVE_INFINITY;
    let shortestMs = Number.POSITIVE_INFINITY;
    for (const transaction of this.#open) {
      const { idleTimeoutMs } = transaction;
      if (transaction.isBusy || clock.monotonicMs() - transaction.lastTouchedMs < idleTimeoutMs) {
        shortestMs = Math.min(shortestMs, idleTimeoutMs);
        continue;
      }
      transaction.abort(idleTooLong(transaction.id, idleTimeoutMs));
    }
    this.#sweepWithin(shortestMs / SWEEPS_PER_TIMEOUT);
  }

  // Checks at the start of every operation

  #refuseUnlessOpen(options: WaitOptions | undefined): void {
    if (this.#closed !== undefined) throw storeClosed();
    refuseIfAborted(options);
  }

  /** Returns the newest revision that the cluster agrees on. */
  async #revision(signal?: AbortSignal): Promise<string> {
    const { cluster, keys } = this.#host;
    const request = { key: keys.entry(''), count_only: true };
    const { header } = await unlessAborted(cluster.range(request, { cancelled: signal }), signal);
    return header.revision;
  }
}
