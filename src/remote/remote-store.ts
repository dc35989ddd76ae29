import { checkKeys } from '../arguments/check-keys.ts';
import {
  type PutRequest,
  readDrainTimeout,
  readPutOptions,
  readTouchOptions,
  readTransactionOptions,
  readUpdateOptions,
  readWaitOptions,
  ttlOptions,
  type UpdateRequest,
} from '../arguments/read-options.ts';
import { readClearOptions, ScanOptions } from '../arguments/scan-options.ts';
import { readWatch, type WatchRequest } from '../arguments/watch-options.ts';
import { ChangeIterator, refusedFeed } from '../changes/change-iterator.ts';
import type { ChangeBatch, KeyChangeBatch, WatchOptions, WatchRange } from '../contract/changes.ts';
import type { Clock } from '../contract/clock.ts';
import type { EntryIterator } from '../contract/entry-iterator.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { LockReport, LockRow } from '../contract/lock-report.ts';
import { reportOf } from '../contract/lock-report.ts';
import type { LockSummary } from '../contract/lock-summary.ts';
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
import { refuseIfAborted } from '../lifecycle/cancellation.ts';
import { Drain } from '../lifecycle/drain.ts';
import { Loads } from '../lifecycle/loads.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { settleCommits } from '../lifecycle/settle-commits.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import type { Word } from '../protocol/request-writer.ts';
import { call, errorOf } from './call.ts';
import type { Link, LossCode } from './link.ts';
import type { LinkSource } from './link-source.ts';
import { booleanOf, infoIn, numberOf, storedEntry, storedValue, storedValues } from './read-reply.ts';
import { type FeedHost, RemoteFeed } from './remote-feed.ts';
import { RemoteScan, type ScanPlan, type ScanSource } from './remote-scan.ts';
import { RemoteTransaction } from './remote-transaction.ts';
import {
  beginWords,
  checkPutWords,
  keysWords,
  keyWords,
  NOTHING,
  putWords,
  rangeWords,
} from './request-words.ts';
import { clearWords, incrementWords, putIfAbsentWords } from './update-words.ts';

/** The first page of a lock report has the maximum size, because reading a report ahead acquires no locks. */
const LOCKS_CREDIT = 1_024;

/** The checked options of a remote store. */
/** A one-shot write whose options were checked. */
interface Prepared {
  readonly wait: WaitOptions | undefined;
  readonly words: () => readonly Word[];
}

export interface RemoteStoreOptions {
  /** The maximum wait for a lock, in milliseconds. If undefined, the default of the served store applies. */
  readonly lockTimeoutMs: number | undefined;
  readonly clock: Clock;
  /** Returns a number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
}

/**
 * A store in another process. All its transactions share one connection.
 *
 * When the connection is lost, open transactions are rolled back and pending operations reject with
 * `CONNECTION_LOST`. Pending commits and one-shot writes reject with `COMMIT_UNKNOWN` instead. Nothing is
 * sent twice. New work waits for a new connection, for at most `reconnectTimeout`.
 * @example
 * const remote = await connect({ port: server.port });
 * await remote.put('greeting', 'hello');
 * await remote.close();
 */
export class RemoteStore<S extends object> implements Store<S> {
  readonly #options: RemoteStoreOptions;
  readonly #links: LinkSource;
  readonly #open = new Set<RemoteTransaction>();
  readonly #drain = new Drain();
  #loads: Loads | undefined;
  readonly #feedHost: FeedHost = {
    feeds: new Set(),
    linkNow: () => this.#linkNow(undefined),
    linkLater: (signal) => this.#linkLater({ signal }),
  };
  #closed: Promise<void> | undefined;
  readonly #onEnd = (transaction: RemoteTransaction): void => {
    this.#open.delete(transaction);
    if (this.#open.size === 0) this.#drain.finish();
  };

  /**
   * Creates the store for an open connection. Use `connect` instead. Never throws.
   * @example
   * const remote = await connect({ port: server.port });
   * await remote.close();
   */
  constructor(links: LinkSource, options: RemoteStoreOptions) {
    this.#links = links;
    this.#options = options;
    links.onLost = (link) => this.#onLost(link);
  }

  /** Ends the transactions of a lost link, including those without pending operations. */
  #onLost(link: Link): void {
    for (const transaction of this.#open) if (transaction.link === link) transaction.onConnectionLost();
  }

  // Transactions. Overloads do not inherit docstrings from the interface, so they are repeated here.

  /**
   * Begins a transaction. The caller must commit it or roll it back. With `readOnly: true`, begins a
   * snapshot.
   * @throws {MemStoreError} CONNECTION_LOST; LIMIT_EXCEEDED if the limit of open transactions is still
   * reached after `lockTimeout`
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await tx.commit();
   */
  begin(options?: ReadWrite<TransactionOptions>): Promise<Transaction<S>>;
  /**
   * Begins a snapshot. The caller must end it with `commit` or `rollback`.
   * @throws {MemStoreError} ABORTED, CONNECTION_LOST, INVALID_OPTION, STORE_CLOSED
   * @example
   * const snapshot = await store.begin({ readOnly: true });
   * console.log(await snapshot.get('account:1'));
   * await snapshot.rollback();
   */
  begin(options?: TransactionOptions): Promise<ReadTransaction<S>>;
  begin(options?: TransactionOptions): Promise<Transaction<S>> {
    return this.#begin(options) as unknown as Promise<Transaction<S>>;
  }

  async #begin(given?: TransactionOptions): Promise<RemoteTransaction> {
    const options = readTransactionOptions(given) ?? {};
    const { age, idleTimeout, readOnly = false } = options;
    const link = this.#linkNow(options) ?? (await this.#linkLater(options));
    const lockTimeout = options.lockTimeout ?? this.#options.lockTimeoutMs;
    // The server takes the snapshot when it handles the request, so the caller must wait for the reply.
    if (!readOnly) {
      while (link.ids.isWorthWaiting && !link.isClosing) await link.ids.more();
      this.#linkNow(options);
    }
    const reserved = link.takesQuiet ? link.ids.take() : undefined;
    // The server may refuse an idle timeout. Only a begin that waits for its reply can reject with that.
    if (reserved !== undefined && !readOnly && idleTimeout === undefined)
      return this.#beginQuietly(link, reserved, age, lockTimeout);
    const answer = call(link, beginWords({ readOnly, id: reserved, age, idleTimeout }), {
      signal: options.signal,
      lockTimeout,
    });
    if (reserved !== undefined) link.ids.refill();
    const reply = await answer.catch((thrown: unknown) => {
      throw this.#isCutShort(thrown, options) ? storeClosed() : errorOf(thrown);
    });
    const id = numberOf(reply);
    const transaction = new RemoteTransaction(link, id, age ?? id, readOnly, this.#onEnd);
    if (this.#closed !== undefined) {
      void transaction.rollback();
      throw storeClosed();
    }
    this.#open.add(transaction);
    return transaction;
  }

  /** Sends the `BEGIN` synchronously, so that its id is used before more ids are requested. */
  #beginQuietly(
    link: Link,
    id: number,
    age: number | undefined,
    lockTimeout: number | undefined,
  ): RemoteTransaction {
    const transaction = new RemoteTransaction(link, id, age ?? id, false, this.#onEnd);
    transaction.beginQuietly(lockTimeout);
    link.ids.refill();
    this.#open.add(transaction);
    return transaction;
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
    return runTransaction<S, R>(this, work, options, this.#options);
  }

  // One-shot reads

  get<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    return this.#perform(options, () => keyWords('GET', key), storedValue) as Promise<S[K] | undefined>;
  }

  async getMany<const Ks extends readonly Key<S>[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined }> {
    type Values = { -readonly [I in keyof Ks]: S[Ks[I] & keyof S] | undefined };
    const wanted = checkKeys(keys);
    return (await this.#perform(options, (link) => keysWords(link, 'MGET', wanted), storedValues)) as Values;
  }

  has(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    return this.#perform(options, () => keyWords('EXISTS', key), booleanOf);
  }

  entries<const P extends string = string>(
    options?: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'>,
  ): EntryIterator<ScannedEntry<S, P>> {
    const rows = this.#scan({ range: ScanOptions.of(options), words: rangeWords, read: storedEntry });
    return rows as unknown as EntryIterator<ScannedEntry<S, P>>;
  }

  /**
   * Yields every committed entry in key order. If a transaction holds the key exclusively, the entry has the
   * id of that transaction. The ids are those at the time when the server read the page.
   * @throws {MemStoreError} CONNECTION_LOST, SNAPSHOT_TOO_OLD and STORE_CLOSED from `next()`
   * @example
   * for await (const [key, { value, transactionId }] of store.showAll())
   *   console.log(key, value, transactionId);
   */
  showAll(): AsyncIterableIterator<[key: Key<S>, entry: ShownEntry<S[Key<S>]>]> {
    type Row = [key: Key<S>, entry: ShownEntry<S[Key<S>]>];
    const read = (row: readonly RawReply[], link: Link): Row => {
      const [key, value] = storedEntry(row, link);
      return [key, { value, transactionId: typeof row[2] === 'number' ? row[2] : undefined }] as Row;
    };
    return this.#scan({ range: ScanOptions.of(undefined), words: () => ['SHOWALL'], read });
  }

  #scan<Row>(plan: ScanPlan<Row>): RemoteScan<Row> {
    const { range } = plan;
    const open = async (): Promise<ScanSource> => {
      range.check();
      const link = this.#linkNow(range) ?? (await this.#linkLater(range));
      const wait = range.signal === undefined ? undefined : { signal: range.signal };
      return { link, writes: 0, rollbacks: 0, send: (words) => call(link, words, wait).catch(rethrow) };
    };
    return new RemoteScan({ open }, plan);
  }

  /**
   * Yields the changes of one key as they are committed. See the overload for a range.
   * @throws {MemStoreError} ABORTED, CONNECTION_LOST, INVALID_KEY, INVALID_OPTION, LIMIT_EXCEEDED,
   * REVISION_UNKNOWN and STORE_CLOSED from `next()`
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
   * The server begins the feed with the first `next()`. The first batch is `start`, or with `initial` a
   * `snapshot` of the range in one or more parts. Every later commit follows, in commit order. If the
   * consumer is slow, the server drops the changes beyond `maxBuffered`, and the feed yields `resync`.
   *
   * When the connection is lost, the feed resumes on the next connection, after the last received batch. If
   * the store no longer keeps the changes since then, the feed yields `resync` with the reason `history`. If
   * the server has restarted, the reason is `reconnect`. With `initial` a snapshot follows the `resync`. The
   * feed ends with `CONNECTION_LOST` if there is no connection for `reconnectTimeout`.
   * @throws {MemStoreError} ABORTED, CONNECTION_LOST, INVALID_OPTION, LIMIT_EXCEEDED, REVISION_UNKNOWN and
   * STORE_CLOSED from `next()`
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
    type Batches = AsyncIterableIterator<ChangeBatch<S> & KeyChangeBatch<S, Key<S>>>;
    let request: WatchRequest;
    try {
      request = readWatch(range, options);
    } catch (error) {
      return refusedFeed(error) as unknown as Batches;
    }
    return new ChangeIterator(new RemoteFeed(this.#feedHost, request)) as unknown as Batches;
  }

  // One-shot writes

  put<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<void> {
    return this.#put([[key, value]], options);
  }

  putMany(entries: Iterable<Entry<S>>, options?: PutOptions): Promise<void> {
    return this.#put(entries, options);
  }

  #put(entries: Iterable<readonly [key: string, value: unknown]>, options?: PutOptions): Promise<void> {
    const limits = this.#links.link?.limits;
    let request: PutRequest;
    let words: Word[];
    try {
      request = readPutOptions(options);
      // Encode now, even without a connection, so that later changes to the values have no effect.
      words = putWords(this.#links.codec, limits, entries, request.ttlMs);
    } catch (error) {
      return Promise.reject(this.#closed === undefined ? error : storeClosed());
    }
    const send = (link: Link): readonly Word[] => {
      if (limits === undefined) checkPutWords(link.limits, words);
      return words;
    };
    return this.#perform(request.wait, send, ignoreReply, 'COMMIT_UNKNOWN');
  }

  del(key: Key<S>, options?: WaitOptions): Promise<boolean> {
    return this.#perform(options, () => keyWords('DEL', key), booleanOf, 'COMMIT_UNKNOWN');
  }

  // One-shot operations that read and write

  update<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    change: (value: S[K] | undefined) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<NextValue<S[K], R>> {
    const { clock, random } = this.#options;
    const store: Pick<Store<S>, 'begin'> = { begin: (given) => this.#begin(given) as never };
    let request: UpdateRequest;
    try {
      request = readUpdateOptions(options);
    } catch (error) {
      return Promise.reject(this.#closed === undefined ? error : storeClosed());
    }
    const { wait, ttl } = request;
    const work = (tx: Transaction<S>): Promise<NextValue<S[K], R>> => tx.update(key, change, ttlOptions(ttl));
    return runTransaction<S, NextValue<S[K], R>>(store, work, wait, { clock, random, isOneShot: true });
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
  increment(key: string, by: number | bigint = 1, options?: UpdateOptions): Promise<never> {
    return this.#write(
      () => {
        const { wait, ttl } = readUpdateOptions(options);
        const words = incrementWords(this.#links.codec, key, by, ttl);
        return { wait, words: () => words };
      },
      (reply, link) => storedValue(reply, link) as never,
    );
  }

  take<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined> {
    const words = (): Word[] => keyWords('TAKE', key);
    return this.#perform(options, words, storedValue, 'COMMIT_UNKNOWN') as Promise<S[K] | undefined>;
  }

  putIfAbsent<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<boolean> {
    return this.#write(() => {
      const { wait, ttlMs } = readPutOptions(options);
      const { codec, link } = this.#links;
      const words = putIfAbsentWords(codec, link?.limits, key, value, ttlMs);
      return { wait, words: () => words };
    }, booleanOf);
  }

  touch(key: Key<S>, options: TouchOptions): Promise<boolean> {
    return this.#write(() => {
      const { wait, ttlMs } = readTouchOptions(options);
      return { wait, words: () => [...keyWords('SETTTL', key), ttlMs] };
    }, booleanOf);
  }

  clear(range?: ClearOptions): Promise<number> {
    return this.#write(() => {
      const { wait, range: bounds } = readClearOptions(range);
      return { wait, words: () => clearWords(bounds) };
    }, numberOf);
  }

  getOrPut<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    load: () => R | Promise<R>,
    options?: PutOptions,
  ): Promise<NextValue<S[K], R>> {
    this.#loads ??= new Loads(this as unknown as RemoteStore<Record<string, unknown>>, this.#copy);
    return this.#loads.getOrPut(key, load, options) as Promise<NextValue<S[K], R>>;
  }

  readonly #copy = (value: unknown): unknown => {
    const { codec } = this.#links;
    return value === undefined ? undefined : codec.decode(codec.encode(value) as Uint8Array);
  };

  /** Sends a one-shot write whose options and values are read now, even while there is no connection. */
  #write<T>(prepare: () => Prepared, read: (reply: RawReply, link: Link) => T): Promise<T> {
    let prepared: Prepared;
    try {
      prepared = prepare();
    } catch (error) {
      return Promise.reject(this.#closed === undefined ? error : storeClosed());
    }
    return this.#perform(prepared.wait, prepared.words, read, 'COMMIT_UNKNOWN');
  }

  // The whole store

  /**
   * Commits all open read-write transactions of this client concurrently.
   * @throws {AggregateError} as a rejection, with the errors of the commits that failed, such as
   * COMMIT_UNKNOWN
   * @example
   * const tx = await store.begin();
   * await tx.put('account:1', 70);
   * await store.commitAll();
   */
  commitAll(): Promise<void> {
    const active = [...this.#open].filter(({ readOnly, status }) => !readOnly && status === 'active');
    return settleCommits(active.map((transaction) => transaction.commit()));
  }

  /**
   * Returns counters and sizes of the served store, as plain data.
   * @throws {MemStoreError} CONNECTION_LOST, STORE_CLOSED
   * @example
   * const { commits, deadlocks } = await store.stats();
   */
  stats(): Promise<StoreStats> {
    return this.#perform(undefined, () => ['STATS'], storedValue) as Promise<StoreStats>;
  }

  /**
   * Returns the held locks and the waiting requests of the served store, as plain data.
   * @throws {MemStoreError} CONNECTION_LOST, STORE_CLOSED
   * @example
   * const { held, waiting } = await store.locks();
   */
  async locks(): Promise<LockReport> {
    const rows = this.#scan({
      range: ScanOptions.of(undefined),
      words: () => ['LOCKS'],
      read: (row, link) => storedEntry(row, link) as readonly unknown[] as LockRow,
      firstCredit: LOCKS_CREDIT,
    });
    return reportOf(rows);
  }

  /**
   * Returns a summary of the served store's locks. Its size does not depend on their number.
   * @throws {MemStoreError} CONNECTION_LOST, STORE_CLOSED
   * @example
   * const { contended } = await store.lockSummary();
   * console.log(contended[0]);
   */
  lockSummary(): Promise<LockSummary> {
    return this.#perform(undefined, () => ['LOCKS', 'SUMMARY'], storedValue) as Promise<LockSummary>;
  }

  /**
   * Returns the figures of the server by their names in `INFO`: memory in bytes, connections, uptime.
   * @throws {MemStoreError} CONNECTION_LOST, STORE_CLOSED
   * @example
   * console.log(await store.info());
   */
  info(): Promise<Readonly<Record<string, string>>> {
    return this.#perform(undefined, () => ['INFO'], infoIn);
  }

  async close(options?: CloseOptions): Promise<void> {
    const drainTimeout = readDrainTimeout(options);
    this.#closed ??= this.#close(drainTimeout);
    return this.#closed;
  }

  async #close(drainTimeoutMs: number): Promise<void> {
    this.#loads?.close();
    this.#links.close(storeClosed());
    for (const feed of this.#feedHost.feeds) feed.close(storeClosed());
    if (drainTimeoutMs > 0 && this.#open.size > 0)
      await this.#drain.wait(this.#options.clock, drainTimeoutMs);
    // Cancel first: closing the transactions releases locks, which would be granted to these requests.
    this.#links.link?.cancelOneShots();
    await Promise.all([...this.#open].map((transaction) => transaction.close(storeClosed())));
    await this.#links.link?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // The common part of all operations

  /**
   * Sends the request of an operation and reads the reply. If there is a link, the request is sent
   * synchronously.
   */
  async #perform<T>(
    options: WaitOptions | undefined,
    words: (link: Link) => readonly Word[],
    read: (reply: RawReply, link: Link) => T,
    lossCode?: LossCode,
  ): Promise<T> {
    const wait = readWaitOptions(options);
    const link = this.#linkNow(wait) ?? (await this.#linkLater(wait));
    try {
      const request = words(link);
      return read(request === NOTHING ? [] : await call(link, request, wait, lossCode), link);
    } catch (thrown) {
      throw this.#isCutShort(thrown, wait) ? storeClosed() : errorOf(thrown);
    }
  }

  /** Returns whether an operation was cancelled by `close` and not by its signal. */
  #isCutShort(thrown: unknown, options: WaitOptions | undefined): boolean {
    const error = errorOf(thrown);
    const isAborted = error instanceof MemStoreError && error.code === 'ABORTED';
    return isAborted && this.#closed !== undefined && options?.signal?.aborted !== true;
  }

  #linkNow(options: WaitOptions | undefined): Link | undefined {
    if (this.#closed !== undefined) throw storeClosed();
    refuseIfAborted(options);
    return this.#links.link;
  }

  async #linkLater(options: WaitOptions | undefined): Promise<Link> {
    const link = await this.#links.wait(options?.signal);
    if (this.#closed !== undefined) throw storeClosed();
    return link;
  }
}

function ignoreReply(): void {}

function rethrow(thrown: unknown): never {
  throw errorOf(thrown);
}
