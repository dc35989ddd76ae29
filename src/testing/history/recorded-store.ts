import type { EntryIterator } from '../../contract/entry-iterator.ts';
import type {
  ClearOptions,
  CloseOptions,
  PutOptions,
  RangeOptions,
  RunOptions,
  TouchOptions,
  TransactionOptions,
  UpdateOptions,
  WaitOptions,
} from '../../contract/options.ts';
import type { ScannedEntry } from '../../contract/schema.ts';
import type { Store } from '../../contract/store.ts';
import type { Transaction } from '../../contract/transaction.ts';
import type { HistoryLog, TransactionRecord } from './history-log.ts';
import {
  type RecordedValue,
  readRange,
  recordDelete,
  recordRead,
  recordReads,
  recordScan,
  recordWrites,
  withToArray,
} from './recorded-operations.ts';
import { RecordedTransaction } from './recorded-transaction.ts';
import { incrementByUpdate, recordPutIfAbsent, recordUpdate, takeByUpdate } from './recorded-updates.ts';

type Anything = Record<string, unknown>;
type Inner = Transaction<Record<string, RecordedValue>>;

/** A store whose transactions record their operations and results. */
export class RecordedStore implements Store<Anything> {
  readonly #inner: Store<Record<string, RecordedValue>>;
  readonly #log: HistoryLog;

  constructor(inner: Store<Record<string, RecordedValue>>, log: HistoryLog) {
    this.#inner = inner;
    this.#log = log;
  }

  async begin(options?: TransactionOptions): Promise<Transaction<Anything>> {
    const record = this.#log.newRecord(this.#log.tick());
    // At runtime, a snapshot has the write operations that its type omits, and rejects them.
    const inner = (await this.#inner.begin(options)) as Inner;
    return new RecordedTransaction(inner, this.#log, record);
  }

  /** Runs a transaction with retries. The history has one transaction for each attempt. */
  async transaction<R>(
    work: (tx: Transaction<Anything>) => R | Promise<R>,
    options?: RunOptions,
  ): Promise<R> {
    let record: TransactionRecord | undefined;
    // An attempt begins before `work` is called. The end of the previous call of `work` is a safe lower
    // bound.
    let beginAt = this.#log.tick();
    try {
      const result = await this.#inner.transaction(async (tx) => {
        record = this.#log.newRecord(beginAt);
        try {
          return await work(new RecordedTransaction(tx as Inner, this.#log, record));
        } finally {
          beginAt = this.#log.tick();
        }
      }, options);
      record?.end();
      return result;
    } catch (error) {
      record?.fail(error);
      throw error;
    }
  }

  get(key: string, options?: WaitOptions): Promise<unknown> {
    return this.#log.alone((record) => recordRead(record, key, this.#inner.get(key, options)));
  }

  getMany<const Ks extends readonly string[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: unknown }> {
    const reading = this.#log.alone((record) =>
      recordReads(record, keys, (wanted) => this.#inner.getMany<readonly string[]>(wanted, options)),
    );
    return reading as Promise<{ -readonly [I in keyof Ks]: unknown }>;
  }

  async has(key: string, options?: WaitOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined;
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    return this.#log.alone((record) =>
      recordWrites(this.#log, record, [[key, value]], async (stored) => {
        for (const [, wrapped] of stored) await this.#inner.put(key, wrapped, options);
      }),
    );
  }

  putMany(entries: Iterable<readonly [string, unknown]>, options?: PutOptions): Promise<void> {
    return this.#log.alone((record) =>
      recordWrites(this.#log, record, entries, (stored) => this.#inner.putMany(stored, options)),
    );
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    return this.#log.alone((record) => recordDelete(record, key, this.#inner.del(key, options)));
  }

  update(key: string, change: (value: unknown) => unknown, options?: UpdateOptions): Promise<unknown> {
    return this.#log.alone((record) => recordUpdate(this.#log, record, this.#inner, key, change, options));
  }

  increment<N extends number | bigint>(key: string, by?: N, options?: UpdateOptions): Promise<N> {
    return incrementByUpdate(this, key, by ?? 1, options) as Promise<N>;
  }

  take(key: string, options?: WaitOptions): Promise<unknown> {
    return takeByUpdate(this, key, options);
  }

  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean> {
    return this.#log.alone((record) =>
      recordPutIfAbsent(this.#log, record, this.#inner, key, value, options),
    );
  }

  touch(key: string, options: TouchOptions): Promise<boolean> {
    return this.#inner.touch(key, options);
  }

  clear(range?: ClearOptions): Promise<number> {
    return this.transaction((tx) => tx.clear(range));
  }

  /** Reads, loads and puts, each of which is recorded. */
  async getOrPut(key: string, load: () => unknown, options?: PutOptions): Promise<unknown> {
    const found = await this.get(key);
    const loaded = found ?? (await load());
    if (found !== undefined || loaded === undefined) return loaded;
    return (await this.putIfAbsent(key, loaded, options)) ? loaded : this.get(key);
  }

  entries<const P extends string = string>(
    range: Omit<RangeOptions<P>, 'forUpdate' | 'skipLocked'> = {},
  ): EntryIterator<ScannedEntry<Anything, P>> {
    return withToArray(this.#rows(readRange(range))) as EntryIterator<ScannedEntry<Anything, P>>;
  }

  async *#rows(range: RangeOptions): AsyncGenerator<[key: string, value: unknown]> {
    const record = this.#log.newRecord(this.#log.tick());
    record.follow(() => 'committed');
    yield* recordScan(record, range, this.#inner.entries<string>(range));
    record.end();
  }

  close(options?: CloseOptions): Promise<void> {
    return this.#inner.close(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
