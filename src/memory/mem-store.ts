import { checkKey, checkKeys } from '../arguments/check-arguments.ts';
import {
  type PutRequest,
  readDrainTimeout,
  readPutOptions,
  readTransactionOptions,
  readWaitOptions,
} from '../arguments/read-options.ts';
import { unbounded } from '../cache/unbounded/unbounded.ts';
import { offerImmediateOperations } from '../contract/direct-operations.ts';
import type { EventName, Listener } from '../contract/events.ts';
import type { LockReport } from '../contract/lock-report.ts';
import type {
  CloseOptions,
  Entry,
  Key,
  PutOptions,
  RangeOptions,
  ReadTransaction,
  ReadWrite,
  RunOptions,
  ScannedEntry,
  ShownEntry,
  Store,
  StoreStats,
  Transaction,
  TransactionOptions,
  WaitOptions,
} from '../contract/store.ts';
import type { Journal } from '../journal/journal.ts';
import { refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';
import { keyLocks } from '../locks/key-locks/key-locks.ts';
import { hashShards } from '../shards/hash-shards/hash-shards.ts';
import { closeEngine } from './close-engine.ts';
import { Engine } from './engine.ts';
import type { MemStoreOptions } from './options.ts';
import { checkStrategy, resolveSettings } from './options.ts';
import { OneShotScan } from './scan/one-shot-scan.ts';
import { type Row, ScanIterator } from './scan/scan-iterator.ts';
import { newWrite, newWrites } from './transaction/arguments.ts';
import { begin } from './transaction/begin.ts';
import type { EngineTransaction } from './transaction/engine-transaction.ts';
import { Immediate } from './transaction/immediate.ts';
import { commitAlone } from './transaction/one-shot.ts';
import type { ReadWriteTransaction } from './transaction/read-write-transaction.ts';
import type { Write } from './transaction/write-set.ts';

/** A store opens, then works until it is closed. Without a journal it is open from the start. */
type State = 'opening' | 'open' | 'closed';

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
  readonly #immediate: Immediate;
  readonly #journal: Journal | undefined;
  #state: State = 'open';
  /** Settles when the journal has given everything back; rejects when it could not. */
  #opened: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined = undefined;
  #openError: unknown = undefined;

  /** @throws {MemStoreError} INVALID_OPTION */
  constructor(options: MemStoreOptions = {}) {
    const settings = resolveSettings(options);
    const shards = checkStrategy('shards', options.shards ?? hashShards());
    const locks = checkStrategy('locks', options.locks ?? keyLocks());
    const cache = checkStrategy('cache', options.cache ?? unbounded());
    const { journal: given } = options;
    const journal = given === undefined ? undefined : checkStrategy('journal', given);
    const { clock } = settings;
    this.#journal = journal?.create();
    this.#engine = new Engine(settings, {
      shards: shards.create({ yieldTurn: () => clock.yieldTurn(), monotonicMs: () => clock.monotonicMs() }),
      cache: cache.create(),
      journal: this.#journal,
      createLocks: (host) => locks.create(host),
    });
    this.#engine.onFailed = () => {
      this.#state = 'closed';
    };
    this.#immediate = new Immediate(this.#engine, {
      isOpen: () => this.#state === 'open',
      whenOpen: (action) => this.#whenOpen(undefined, action),
    });
    // A class that extends this one may do more in its operations.
    if (new.target === MemStore) offerImmediateOperations(this, this.#immediate);
    if (this.#journal !== undefined) this.#open(this.#journal);
  }

  #open(journal: Journal): void {
    this.#state = 'opening';
    const engine = this.#engine;
    const load = async (): Promise<void> => {
      const expired: string[] = [];
      let loaded = 0;
      const tell = (done: boolean): void =>
        engine.events.emit('load', { loaded, total: journal.expectedEntries, done });
      for await (const entries of journal.load()) {
        for (const key of engine.restore(entries)) expired.push(key);
        loaded += entries.length;
        tell(false);
      }
      for (const { key, reason } of journal.setAside ?? []) engine.events.emit('setAside', { key, reason });
      tell(true);
      engine.removals.forget(expired);
      await engine.removals.makeRoom(undefined);
    };
    this.#opened = load().then(
      () => {
        if (this.#state === 'opening') this.#state = 'open';
      },
      (error: unknown) => {
        this.#state = 'closed';
        this.#openError = error;
      },
    );
  }

  // Transactions

  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  begin(options?: TransactionOptions): Promise<Transaction<S>> {
    return this.#begin(options) as unknown as Promise<Transaction<S>>;
  }

  #begin(options: TransactionOptions | undefined): Promise<EngineTransaction> {
    return this.#state === 'open' ? begin(this.#engine, options) : this.#beginWhenOpen(options);
  }

  /** A function of its own, because one that makes a closure pays for it also when it returns before. */
  async #beginWhenOpen(options: TransactionOptions | undefined): Promise<EngineTransaction> {
    const read = readTransactionOptions(options);
    return this.#whenOpen(read, () => begin(this.#engine, read));
  }

  transaction<R>(work: (tx: Transaction<S>) => R | Promise<R>, options?: ReadWrite<RunOptions>): Promise<R>;
  transaction<R>(work: (tx: ReadTransaction<S>) => R | Promise<R>, options?: RunOptions): Promise<R>;
  transaction<R>(work: (tx: Transaction<S>) => R | Promise<R>, options?: RunOptions): Promise<R> {
    return runTransaction<S, R>(this, work, options, this.#engine.settings);
  }

  // One-shot reads: the last committed state, without waiting

  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    if (options !== undefined || this.#state !== 'open') return this.#getWhenReady(key, options);
    try {
      return Promise.resolve(this.#immediate.get(key) as S[K] | undefined);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A function of its own, because one that makes a closure pays for it also when it returns before. */
  #getWhenReady<K extends Key<S>>(key: K, options: WaitOptions | undefined): Promise<S[K] | undefined> {
    return this.#whenReady(options, () => this.#immediate.get(key) as S[K] | undefined);
  }

  async getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }> {
    type Values = { -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined };
    // Copied now, so that later changes of the caller's list have no effect.
    const wanted = checkKeys(keys);
    if (options !== undefined || this.#state !== 'open') await this.#whenReady(options, () => {});
    return (await this.#immediate.getMany(wanted)) as Values;
  }

  async has(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    if (options !== undefined || this.#state !== 'open') await this.#whenReady(options, () => {});
    checkKey(key);
    return this.#engine.readCommitted(key) !== undefined;
  }

  entries<const P extends string = string>(
    range?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): AsyncIterableIterator<ScannedEntry<S, P>> {
    return this.#snapshotRows(range, undefined) as unknown as AsyncIterableIterator<ScannedEntry<S, P>>;
  }

  /** Every committed entry in key order, and the transaction that holds it exclusively at that moment. */
  showAll(): AsyncIterableIterator<[key: Key<S>, entry: ShownEntry<S[Key<S>]>]> {
    const shown = ([key, value]: Row): Row => [
      key,
      { value, transactionId: this.#engine.locks.exclusiveHolder(key) },
    ];
    return this.#snapshotRows(undefined, shown) as unknown as AsyncIterableIterator<
      [key: Key<S>, entry: ShownEntry<S[Key<S>]>]
    >;
  }

  // One-shot writes

  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void> {
    let request: PutRequest;
    let write: Write;
    try {
      request = readPutOptions(options);
      // Copied now, so that what the caller does to the value later changes nothing.
      write = newWrite(this.#engine, key, value, request.ttlMs);
      if (this.#canCommitAlone(request.wait) && commitAlone(this.#engine, write)) return Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#putAll([write], request.wait);
  }

  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void> {
    try {
      const { wait, ttlMs } = readPutOptions(options);
      return this.#putAll(newWrites(this.#engine, entries, ttlMs), wait);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #putAll(writes: Write[], wait: WaitOptions | undefined): Promise<void> {
    return this.#runOneShot((tx) => tx.putWrites(writes, wait), wait);
  }

  del(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    let wait: WaitOptions | undefined;
    try {
      wait = readWaitOptions(options);
      checkKey(key);
      const deleted = this.#canCommitAlone(wait) ? this.#immediate.del(key) : undefined;
      if (deleted !== undefined) return Promise.resolve(deleted);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#deleteAlone(key, wait);
  }

  /** Kept separate so that a delete that finishes synchronously allocates no closure. */
  #deleteAlone(key: string, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#runOneShot((tx) => tx.del(key, wait), wait);
  }

  /** A write without a transaction happens within the call, so what is called next sees it. */
  #canCommitAlone(options: WaitOptions | undefined): boolean {
    return this.#state === 'open' && options?.signal?.aborted !== true;
  }

  #runOneShot<R>(
    operation: (tx: ReadWriteTransaction) => Promise<R>,
    options: WaitOptions | undefined,
  ): Promise<R> {
    const { clock, random } = this.#engine.settings;
    const run = { signal: options?.signal, lockTimeout: options?.lockTimeout };
    // This store's own begin gives nothing else when it is not asked for a snapshot.
    const work = (tx: Transaction<S>): Promise<R> => operation(tx as unknown as ReadWriteTransaction);
    return runTransaction<S, R>(this, work, run, { clock, random, isOneShot: true });
  }

  // The whole store

  /** The default `idleTimeout` of a transaction, in milliseconds. */
  get idleTimeout(): number {
    return this.#engine.settings.idleTimeoutMs;
  }

  /**
   * Commits every open read-write transaction, all at once. This includes transactions whose
   * `transaction(work)` is still running: the next operation of that work rejects with `TRANSACTION_CLOSED`.
   * @throws {AggregateError} as a rejection, with the errors of the commits that failed
   */
  commitAll(): Promise<void> {
    return settleCommits(this.#openTransactions().map((transaction) => transaction.commit()));
  }

  /** Rolls every open read-write transaction back. */
  async rollbackAll(): Promise<void> {
    await Promise.all(this.#openTransactions().map((transaction) => transaction.rollback()));
  }

  #openTransactions(): EngineTransaction[] {
    const transactions = this.#engine.open.all() as unknown as EngineTransaction[];
    return transactions
      .filter((transaction) => !transaction.readOnly && transaction.status === 'active')
      .reverse();
  }

  /** Counters and sizes, as plain data. */
  stats(): StoreStats {
    const { counters, shards, open, history, expiry, cache, events, settings, uncommitted } = this.#engine;
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
      cacheSize: cache.totalSize,
      listenerErrors: events.listenerErrors,
    };
  }

  /** Who holds which lock and who waits for whom, as plain data. */
  locks(): LockReport {
    return this.#engine.locks.report();
  }

  /**
   * Calls the listener at every event of this name, in the order of the events.
   *
   * The listener runs in a microtask after the operation that caused the event, never within a call of the
   * store, so it may use the store. At most 1,000 events are emitted in one turn of the event loop; the
   * others follow in the next turns. A listener that throws causes `listenerError` and harms nothing else.
   * @throws {MemStoreError} INVALID_OPTION for an unknown event, or a listener that is not a function
   * @example
   * store.on('commit', ({ transactionId, writes }) => console.log(`${transactionId} wrote ${writes} keys`));
   */
  on<E extends EventName>(event: E, listener: Listener<E>): this {
    this.#engine.events.on(event, listener);
    return this;
  }

  /** Calls the listener at the next event of this name, as `on` does. */
  once<E extends EventName>(event: E, listener: Listener<E>): this {
    this.#engine.events.on(event, listener, true);
    return this;
  }

  /** Removes a listener. */
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
    const wasOpening = this.#state === 'opening';
    this.#state = 'closed';
    if (wasOpening) await this.#opened;
    await closeEngine(this.#engine, drainTimeout);
    await this.#journal?.close();
    this.#engine.events.emit('close', {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // What every operation does first

  /** Does something as soon as the journal has given everything back, or not at all. */
  async #whenOpen<T>(options: WaitOptions | undefined, action: () => T | Promise<T>): Promise<T> {
    await unlessAborted(this.#opened, options?.signal);
    if (this.#engine.failure !== undefined) throw this.#engine.failure;
    if (this.#state !== 'open') throw storeClosed(this.#openError);
    return action();
  }

  /** Reads when the store is open, which is at once unless it is being opened. */
  async #whenReady<T>(options: WaitOptions | undefined, read: () => T | Promise<T>): Promise<T> {
    const wait = readWaitOptions(options);
    refuseIfAborted(wait);
    return this.#state === 'open' ? read() : this.#whenOpen(wait, read);
  }

  /** The rows of a snapshot that begins when the first row is asked for and ends with the iterator. */
  #snapshotRows(range: RangeOptions | undefined, shown: ((row: Row) => Row) | undefined): ScanIterator {
    const whenOpen = (): Promise<void> | undefined =>
      this.#state === 'open' ? undefined : this.#whenOpen(undefined, () => {});
    return new ScanIterator(new OneShotScan(this.#engine, range, shown, whenOpen));
  }
}
