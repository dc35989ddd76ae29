import { addTo } from '../arguments/add-to.ts';
import { checkKey, checkKeys, checkStorableKey } from '../arguments/check-keys.ts';
import { checkFunction } from '../arguments/check-options.ts';
import { readWatch, type WatchRequest } from '../arguments/watch-options.ts';
import type { Batch } from '../changes/batch.ts';
import { ChangeIterator, refusedFeed } from '../changes/change-iterator.ts';
import type { WatchOptions, WatchRange } from '../contract/changes.ts';
import {
  type DirectStore,
  LiveWait,
  type MaybePromise,
  type UpdateTtl,
} from '../contract/direct-operations.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import { type LockRow, rowsOf } from '../contract/lock-report.ts';
import type { RangeOptions, TransactionOptions, WaitOptions } from '../contract/options.ts';
import type { Store } from '../contract/store.ts';
import { refuseIfAborted } from '../lifecycle/cancellation.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { STEPS_PER_LOOK } from '../lifecycle/turn-limits.ts';
import { ChangeFeed } from './changes/change-feed.ts';
import type { Engine } from './engine.ts';
import { OneShotScan } from './scan/one-shot-scan.ts';
import { type Row, ScanIterator } from './scan/scan-iterator.ts';
import { readInTurns } from './snapshot/read-in-turns.ts';
import { begin, openSnapshot } from './transaction/begin.ts';
import { commitOneShot } from './transaction/commit-one-shot.ts';
import { type EngineTransaction, MemTransaction } from './transaction/mem-transaction.ts';
import { newWrite, newWrites, touched, updated } from './transaction/new-write.ts';
import type { ReadWriteTransaction } from './transaction/read-write-transaction.ts';
import { type Change, UpdateWork } from './transaction/update-work.ts';
import { countDefined } from './values/count-defined.ts';
import { deletionOf, type Write } from './write.ts';

type AnyEntries = Record<string, unknown>;

/** Begins transactions in their public form. */
interface Beginner {
  begin(options: TransactionOptions | undefined): Promise<MemTransaction>;
}

/** The direct operations of an in-process store. */
export class StoreOperations implements DirectStore {
  readonly #engine: Engine;
  /** Begins the transactions that one-shot operations use when they must wait. */
  readonly #beginner: Beginner = { begin: (options) => this.beginPublic(options) };

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  // Transactions

  reserveIds(count: number): number | undefined {
    return this.#engine.admission === undefined ? this.#engine.reserveIds(count) : undefined;
  }

  begin(id: number | undefined, options: TransactionOptions | undefined): MaybePromise<EngineTransaction> {
    return this.#engine.state.isOpen ? begin(this.#engine, id, options) : this.#beginWhenOpen(id, options);
  }

  /** Begins a transaction and wraps it in its public form. */
  beginPublic(options: TransactionOptions | undefined): Promise<MemTransaction> {
    const begun = this.begin(undefined, options);
    return begun instanceof Promise ? begun.then(publicForm) : Promise.resolve(publicForm(begun));
  }

  /** Kept separate so that the fast path allocates no closure. */
  #beginWhenOpen(
    id: number | undefined,
    options: TransactionOptions | undefined,
  ): Promise<EngineTransaction> {
    return this.#engine.state.whenOpen(options, () => begin(this.#engine, id, options));
  }

  // Reads. They return the last committed state and never wait.

  get(key: string, wait: WaitOptions | undefined): unknown {
    return this.#isReady(wait) ? this.#read(key) : this.#whenReady(wait, key, this.#read);
  }

  readonly #read = (key: string): unknown => {
    checkKey(key);
    return this.#engine.settings.copier.load(this.#engine.readCommitted(key));
  };

  /** Returns the values of the keys as of the same moment. A long list takes several turns. */
  getMany(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<unknown[]> {
    // Copy the list now, so that later changes by the caller have no effect.
    const wanted = checkKeys(keys);
    return this.#isReady(wait) ? this.#readMany(wanted) : this.#whenReady(wait, wanted, this.#readMany);
  }

  readonly #readMany = (keys: readonly string[]): MaybePromise<unknown[]> =>
    keys.length > STEPS_PER_LOOK ? this.#readManyInTurns(keys) : keys.map(this.#read);

  async #readManyInTurns(keys: readonly string[]): Promise<unknown[]> {
    const snapshot = openSnapshot(this.#engine);
    try {
      return await readInTurns(snapshot, keys);
    } finally {
      if (snapshot.status === 'active') snapshot.commit();
    }
  }

  has(key: string, wait: WaitOptions | undefined): MaybePromise<boolean> {
    return this.#isReady(wait) ? this.#exists(key) : this.#whenReady(wait, key, this.#exists);
  }

  readonly #exists = (key: string): boolean => {
    checkKey(key);
    return this.#engine.readCommitted(key) !== undefined;
  };

  countExisting(keys: readonly string[], wait: WaitOptions | undefined): MaybePromise<number> {
    const values = this.getMany(keys, wait);
    return values instanceof Promise ? values.then(countDefined) : countDefined(values);
  }

  timeToLive(key: string, wait: WaitOptions | undefined): MaybePromise<number | undefined> {
    return this.#isReady(wait) ? this.#lifetime(key) : this.#whenReady(wait, key, this.#lifetime);
  }

  readonly #lifetime = (key: string): number | undefined => {
    const snapshot = openSnapshot(this.#engine);
    try {
      return snapshot.timeToLive(key, undefined);
    } finally {
      snapshot.commit();
    }
  };

  entries(range: RangeOptions | undefined): ScanIterator {
    return this.rows(range, undefined);
  }

  /**
   * Returns the rows of a new snapshot. The snapshot begins with the first `next()`, and ends with the
   * iterator.
   * @param shown converts each row; if undefined, rows are returned unchanged
   */
  rows(range: RangeOptions | undefined, shown: ((row: Row) => Row) | undefined): ScanIterator {
    return new ScanIterator(new OneShotScan(this.#engine, range, shown));
  }

  /** Returns the feed of a key or a range. The feed begins with the first `next()`. */
  watch(
    range: string | WatchRange | undefined,
    options: WatchOptions | undefined,
    onBuffered?: (bytes: number) => void,
  ): AsyncIterableIterator<Batch> {
    let request: WatchRequest;
    try {
      request = readWatch(range, options);
    } catch (error) {
      return refusedFeed(error);
    }
    return new ChangeIterator(new ChangeFeed(this.#engine, request, onBuffered));
  }

  // Writes. They finish synchronously if nothing blocks them, so the next call sees them.

  put(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void> {
    // Copy the value now, so that later changes by the caller have no effect.
    const write = newWrite(this.#engine, key, value, ttlMs);
    if (this.#isReady(wait) && commitOneShot(this.#engine, write)) return undefined;
    return this.#putAll([write], wait);
  }

  putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<void> {
    return this.#putAll(newWrites(this.#engine, entries, ttlMs), wait);
  }

  #putAll(writes: Write[], wait: WaitOptions | undefined): Promise<void> {
    return this.#runAsTransaction((tx) => tx.putWrites(writes, wait), wait);
  }

  del(key: string, wait: WaitOptions | undefined): MaybePromise<boolean> {
    checkKey(key);
    const deleted = this.#isReady(wait) ? this.#deleteNow(key) : undefined;
    return deleted ?? this.#deleteLater(key, wait);
  }

  /** Returns whether an entry was deleted, or `undefined` if the operation must wait. */
  #deleteNow(key: string): boolean | undefined {
    const engine = this.#engine;
    if (engine.isLocked(key)) return undefined;
    if (engine.readCommitted(key) === undefined) return false;
    return commitOneShot(engine, deletionOf(key)) ? true : undefined;
  }

  #deleteLater(key: string, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#runAsTransaction((tx) => tx.del(key, wait), wait);
  }

  delMany(keys: readonly string[], wait: WaitOptions | undefined): Promise<number> {
    return this.#runAsTransaction((tx) => tx.delMany(keys, wait), wait);
  }

  // Operations that read and write in one step

  /** Updates a key. Commits synchronously if `change` is synchronous and the operation need not wait. */
  update(
    key: string,
    change: Change,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<unknown> {
    checkStorableKey(key);
    checkFunction('change', change);
    const work = new UpdateWork(key, change, ttl, wait?.signal);
    if (wait !== undefined || !this.#engine.state.isOpen || this.#engine.admission !== undefined)
      return this.#updateLater(work, wait);
    const tx = begin(this.#engine, undefined, undefined) as ReadWriteTransaction;
    let result: unknown;
    let committed: MaybePromise<void>;
    try {
      result = tx.runUpdate(work, undefined);
      if (result instanceof Promise) return this.#continue(tx, result, work);
      committed = tx.commit();
    } catch (error) {
      void tx.rollback();
      throw error;
    }
    return committed instanceof Promise ? resultAfter(committed, result) : result;
  }

  #updateLater(work: UpdateWork, wait: WaitOptions | undefined): Promise<unknown> {
    return this.#runAsTransaction((tx) => tx.runUpdate(work.restart(), wait), wait);
  }

  /**
   * Continues a transaction whose update waits. This transaction counts as the first attempt at the update.
   */
  #continue(tx: ReadWriteTransaction, result: Promise<unknown>, work: UpdateWork): Promise<unknown> {
    // The attempt awaits this promise a little later. If the promise rejects before that, the rejection must
    // not count as unhandled.
    result.catch(() => {});
    let first: Promise<unknown> | undefined = result;
    const attempt = (next: ReadWriteTransaction): MaybePromise<unknown> => {
      const begun = first;
      first = undefined;
      return begun ?? next.runUpdate(work.restart(), undefined);
    };
    return this.#runAsTransaction(attempt, undefined, {
      begin: (options) => (first === undefined ? this.beginPublic(options) : Promise.resolve(publicForm(tx))),
    });
  }

  increment(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<number | bigint> {
    checkStorableKey(key);
    if (this.#isFree(key, wait)) {
      const engine = this.#engine;
      const before = engine.readCommitted(key);
      const sum = addTo(key, before, by);
      const write = updated(engine, key, sum, before !== undefined, undefined, ttl);
      if (commitOneShot(engine, write)) return sum;
    }
    return this.#incrementLater(key, by, ttl, wait);
  }

  #incrementLater(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): Promise<number | bigint> {
    return this.#runAsTransaction((tx) => tx.increment(key, by, ttl, wait), wait);
  }

  take(key: string, wait: WaitOptions | undefined): unknown {
    checkStorableKey(key);
    if (this.#isFree(key, wait)) {
      const engine = this.#engine;
      const stored = engine.readCommitted(key);
      if (stored === undefined) return undefined;
      const value = engine.settings.copier.load(stored);
      if (commitOneShot(engine, deletionOf(key))) return value;
    }
    return this.#runAsTransaction((tx) => tx.take(key, wait), wait);
  }

  putIfAbsent(
    key: string,
    value: unknown,
    ttlMs: number | undefined,
    wait: WaitOptions | undefined,
  ): MaybePromise<boolean> {
    const write = newWrite(this.#engine, key, value, ttlMs);
    if (!this.#isReady(wait)) return this.#whenReady(wait, write, (given) => this.#putIfAbsent(given, wait));
    return this.#putIfAbsent(write, wait);
  }

  #putIfAbsent(write: Write, wait: WaitOptions | undefined): MaybePromise<boolean> {
    // Read without a lock, so that a locked key does not delay the answer.
    if (this.#engine.readCommitted(write.key) !== undefined) return false;
    if (commitOneShot(this.#engine, write)) return true;
    return this.#runAsTransaction((tx) => tx.putWriteIfAbsent(write, wait), wait);
  }

  touch(key: string, ttlMs: number, wait: WaitOptions | undefined): MaybePromise<boolean> {
    checkStorableKey(key);
    if (this.#isFree(key, wait)) {
      const value = this.#engine.readCommitted(key);
      if (value === undefined) return false;
      if (commitOneShot(this.#engine, touched(this.#engine, key, value, undefined, ttlMs))) return true;
    }
    return this.#runAsTransaction((tx) => tx.touch(key, ttlMs, wait), wait);
  }

  clear(range: RangeBounds, wait: WaitOptions | undefined): Promise<number> {
    return this.#runAsTransaction((tx) => tx.clear(range, wait), wait);
  }

  /** Returns whether a one-shot operation may commit synchronously. Removes the entry if it is due. */
  #isFree(key: string, wait: WaitOptions | undefined): boolean {
    const engine = this.#engine;
    if (engine.journal !== undefined || !this.#isReady(wait)) return false;
    if (engine.expiry.size !== 0) engine.removals.expireIfDue(key);
    return !engine.isLocked(key);
  }

  #runAsTransaction<R>(
    operation: (tx: ReadWriteTransaction) => MaybePromise<R>,
    wait: WaitOptions | undefined,
    beginner: Beginner = this.#beginner,
  ): Promise<R> {
    const { clock, random } = this.#engine.settings;
    const run = { signal: wait?.signal, lockTimeout: wait?.lockTimeout };
    const work = (tx: unknown): MaybePromise<R> =>
      operation((tx as MemTransaction).direct as ReadWriteTransaction);
    return runTransaction(beginner as unknown as Pick<Store<AnyEntries>, 'begin'>, work, run, {
      clock,
      random,
      isOneShot: true,
    });
  }

  // Locks

  lockRows(): Iterable<LockRow> {
    const { locks } = this.#engine;
    return locks.rows?.() ?? rowsOf(locks.report());
  }

  longestWaitMs(): number | undefined {
    return this.#engine.waits.longestMs;
  }

  // Waiting until the store is open

  #isReady(wait: WaitOptions | undefined): boolean {
    if (!this.#engine.state.isOpen) return false;
    return wait === undefined || wait instanceof LiveWait || wait.signal?.aborted !== true;
  }

  async #whenReady<A, R>(wait: WaitOptions | undefined, a: A, read: (a: A) => MaybePromise<R>): Promise<R> {
    refuseIfAborted(wait);
    return this.#engine.state.whenOpen(wait, () => read(a));
  }
}

async function resultAfter<R>(committed: Promise<void>, result: R): Promise<R> {
  await committed;
  return result;
}

function publicForm(direct: EngineTransaction): MemTransaction {
  return new MemTransaction(direct);
}
