import type { EntryIterator } from '../../contract/entry-iterator.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type {
  ClearOptions,
  PutOptions,
  RangeOptions,
  TouchOptions,
  UpdateOptions,
  WaitOptions,
} from '../../contract/options.ts';
import type { ScannedEntry } from '../../contract/schema.ts';
import type { Savepoint, Transaction, TransactionStatus } from '../../contract/transaction.ts';
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

import { incrementByUpdate, recordPutIfAbsent, recordUpdate, takeByUpdate } from './recorded-updates.ts';

type Anything = Record<string, unknown>;

/** A transaction that records its operations and results. */
export class RecordedTransaction implements Transaction<Anything> {
  readonly #inner: Transaction<Record<string, RecordedValue>>;
  readonly #log: HistoryLog;
  readonly #record: TransactionRecord;
  /** The number of operations called before each savepoint. */
  readonly #lengths = new WeakMap<Savepoint, number>();

  constructor(inner: Transaction<Record<string, RecordedValue>>, log: HistoryLog, record: TransactionRecord) {
    this.#inner = inner;
    this.#log = log;
    this.#record = record;
    record.follow(() => inner.status);
  }

  get id(): number {
    return this.#inner.id;
  }

  get status(): TransactionStatus {
    return this.#inner.status;
  }

  get failure(): MemStoreError | undefined {
    return this.#inner.failure;
  }

  get readOnly(): boolean {
    return this.#inner.readOnly;
  }

  get age(): number {
    return this.#inner.age;
  }

  get(key: string, options?: WaitOptions): Promise<unknown> {
    return recordRead(this.#record, key, this.#inner.get(key, options));
  }

  getForUpdate(key: string, options?: WaitOptions): Promise<unknown> {
    return recordRead(this.#record, key, this.#inner.getForUpdate(key, options));
  }

  getMany<const Ks extends readonly string[]>(
    keys: Ks,
    options?: WaitOptions,
  ): Promise<{ -readonly [I in keyof Ks]: unknown }> {
    const reading = recordReads(this.#record, keys, (wanted) =>
      this.#inner.getMany<readonly string[]>(wanted, options),
    );
    return reading as Promise<{ -readonly [I in keyof Ks]: unknown }>;
  }

  /** Reads the value, which takes the same lock. A boolean would not show which version it was. */
  async has(key: string, options?: WaitOptions): Promise<boolean> {
    return (await this.get(key, options)) !== undefined;
  }

  /** Also reads the value, for the same reason as `has`. */
  async ttl(key: string, options?: WaitOptions): Promise<number | undefined> {
    await this.get(key, options);
    return this.#inner.ttl(key, options);
  }

  put(key: string, value: unknown, options?: PutOptions): Promise<void> {
    return recordWrites(this.#log, this.#record, [[key, value]], async (stored) => {
      for (const [, wrapped] of stored) await this.#inner.put(key, wrapped, options);
    });
  }

  putMany(entries: Iterable<readonly [string, unknown]>, options?: PutOptions): Promise<void> {
    return recordWrites(this.#log, this.#record, entries, (stored) => this.#inner.putMany(stored, options));
  }

  del(key: string, options?: WaitOptions): Promise<boolean> {
    return recordDelete(this.#record, key, this.#inner.del(key, options));
  }

  update(key: string, change: (value: unknown) => unknown, options?: UpdateOptions): Promise<unknown> {
    return recordUpdate(this.#log, this.#record, this.#inner, key, change, options);
  }

  increment<N extends number | bigint>(key: string, by?: N, options?: UpdateOptions): Promise<N> {
    return incrementByUpdate(this, key, by ?? 1, options) as Promise<N>;
  }

  take(key: string, options?: WaitOptions): Promise<unknown> {
    return takeByUpdate(this, key, options);
  }

  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean> {
    return recordPutIfAbsent(this.#log, this.#record, this.#inner, key, value, options);
  }

  touch(key: string, options: TouchOptions): Promise<boolean> {
    return this.#inner.touch(key, options);
  }

  /** Reads and deletes the entries one by one, so that each is recorded. */
  async clear(range?: ClearOptions): Promise<number> {
    let deleted = 0;
    for await (const [key] of this.entries({ ...range, forUpdate: true })) {
      await this.del(key);
      deleted++;
    }
    return deleted;
  }

  entries<const P extends string = string>(
    range: RangeOptions<P> = {},
  ): EntryIterator<ScannedEntry<Anything, P>> {
    const bounds = readRange(range);
    const scan = recordScan(this.#record, bounds, this.#inner.entries<string>(bounds));
    return withToArray(scan) as EntryIterator<ScannedEntry<Anything, P>>;
  }

  async savepoint(): Promise<Savepoint> {
    const { length } = this.#record;
    const savepoint = await this.#inner.savepoint();
    this.#lengths.set(savepoint, length);
    return savepoint;
  }

  async rollbackTo(savepoint: Savepoint): Promise<void> {
    const { length } = this.#record;
    await this.#inner.rollbackTo(savepoint);
    this.#record.drop(this.#lengths.get(savepoint) ?? length, length);
  }

  async commit(): Promise<void> {
    try {
      await this.#inner.commit();
      this.#record.end();
    } catch (error) {
      this.#record.fail(error);
      throw error;
    }
  }

  rollback(): Promise<void> {
    return this.#inner.rollback();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rollback();
  }
}
