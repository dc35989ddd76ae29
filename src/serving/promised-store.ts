import type { AnyBatch, WatchOptions, WatchRange } from '../contract/changes.ts';
import { systemClock } from '../contract/clock.ts';
import type { DirectStore, DirectTransaction } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import { type LockRow, rowsOf } from '../contract/lock-report.ts';
import type { TransactionOptions, WaitOptions } from '../contract/options.ts';
import { runTransaction } from '../lifecycle/run-transaction.ts';
import { noSuchReport } from './no-such-report.ts';
import { PromisedOperations } from './promised-operations.ts';
import { PromisedTransaction } from './promised-transaction.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';

const ONE_SHOT = { clock: systemClock, random: Math.random, isOneShot: true };

/**
 * Adapts a store that offers only promises to `DirectStore`. One-shot reads never wait, so they get no
 * signal. The methods are async, because a store may return a thenable or a promise from another realm.
 */
export class PromisedStore extends PromisedOperations implements DirectStore {
  readonly #store: ServedStore;

  constructor(store: ServedStore) {
    super(store);
    this.#store = store;
  }

  async get(key: string): Promise<unknown> {
    return this.#store.get(key);
  }

  async getMany(keys: readonly string[]): Promise<unknown[]> {
    return this.#store.getMany(keys);
  }

  async has(key: string): Promise<boolean> {
    return this.#store.has(key);
  }

  async countExisting(keys: readonly string[]): Promise<number> {
    return (await this.#store.getMany(keys)).filter((value) => value !== undefined).length;
  }

  timeToLive(key: string, wait: WaitOptions | undefined): Promise<number | undefined> {
    return this.#transaction((tx) => tx.timeToLive(key, undefined), { ...wait, readOnly: true });
  }

  delMany(keys: readonly string[], wait: WaitOptions | undefined): Promise<number> {
    return this.#transaction((tx) => tx.delMany(keys, undefined), wait);
  }

  watch(
    range: string | WatchRange | undefined,
    options: WatchOptions | undefined,
  ): AsyncIterableIterator<AnyBatch> {
    if (this.#store.watch === undefined)
      throw new MemStoreError('UNKNOWN_COMMAND', 'The served store does not offer change feeds.');
    return this.#store.watch(range, options);
  }

  /** Returns `undefined`, because such a store assigns an id only when the transaction begins. */
  reserveIds(): undefined {
    return undefined;
  }

  async begin(_id: number | undefined, options: TransactionOptions | undefined): Promise<DirectTransaction> {
    const tx = await this.#store.begin(options);
    // A snapshot also has the write methods, which its type omits. They reject.
    return new PromisedTransaction(tx as ServedTransaction);
  }

  async lockRows(): Promise<Iterable<LockRow>> {
    const report = await this.#store.locks?.();
    if (report === undefined) throw noSuchReport();
    return rowsOf(report);
  }

  longestWaitMs(): undefined {
    return undefined;
  }

  #transaction<R>(
    work: (tx: DirectTransaction) => R | Promise<R>,
    options: TransactionOptions | undefined,
  ): Promise<R> {
    return runTransaction(this.#store, (tx) => work(new PromisedTransaction(tx)), options, ONE_SHOT);
  }
}
