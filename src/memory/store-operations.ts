import { checkKey, checkKeys } from '../arguments/check-arguments.ts';
import type { DirectStore, MaybePromise } from '../contract/direct-operations.ts';
import { type LockRow, rowsOf } from '../contract/lock-report.ts';
import type { RangeOptions, TransactionOptions, WaitOptions } from '../contract/options.ts';
import type { Store } from '../contract/store.ts';
import type { Transaction } from '../contract/transaction.ts';
import { refuseIfAborted } from '../lifecycle/cancellation.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { STEPS_PER_LOOK } from '../lifecycle/turn-limits.ts';
import type { Engine } from './engine.ts';
import { OneShotScan } from './scan/one-shot-scan.ts';
import { type Row, ScanIterator } from './scan/scan-iterator.ts';
import { readInTurns } from './snapshot/read-in-turns.ts';
import { begin, openSnapshot } from './transaction/begin.ts';
import { commitOneShot } from './transaction/commit-one-shot.ts';
import { type EngineTransaction, MemTransaction } from './transaction/mem-transaction.ts';
import { newWrite, newWrites } from './transaction/new-write.ts';
import type { ReadWriteTransaction } from './transaction/read-write-transaction.ts';
import { countDefined } from './values/count-defined.ts';
import { deletionOf, type Write } from './write.ts';

type AnyEntries = Record<string, unknown>;

/** The direct operations of an in-process store. */
export class StoreOperations implements DirectStore {
  readonly #engine: Engine;
  /** Begins the transactions that one-shot operations use when they must wait. */
  readonly #beginner: Pick<Store<AnyEntries>, 'begin'>;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#beginner = {
      begin: (options) => this.beginPublic(options) as unknown as Promise<Transaction<AnyEntries>>,
    };
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
   * @param shown converts each row; undefined for the row itself
   */
  rows(range: RangeOptions | undefined, shown: ((row: Row) => Row) | undefined): ScanIterator {
    return new ScanIterator(new OneShotScan(this.#engine, range, shown));
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

  #runAsTransaction<R>(
    operation: (tx: ReadWriteTransaction) => MaybePromise<R>,
    wait: WaitOptions | undefined,
  ): Promise<R> {
    const { clock, random } = this.#engine.settings;
    const run = { signal: wait?.signal, lockTimeout: wait?.lockTimeout };
    const work = (tx: unknown): MaybePromise<R> =>
      operation((tx as MemTransaction).direct as ReadWriteTransaction);
    return runTransaction(this.#beginner, work, run, { clock, random, isOneShot: true });
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
    return this.#engine.state.isOpen && wait?.signal?.aborted !== true;
  }

  async #whenReady<A, R>(wait: WaitOptions | undefined, a: A, read: (a: A) => MaybePromise<R>): Promise<R> {
    refuseIfAborted(wait);
    return this.#engine.state.whenOpen(wait, () => read(a));
  }
}

function publicForm(direct: EngineTransaction): MemTransaction {
  return new MemTransaction(direct);
}
