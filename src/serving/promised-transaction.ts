import type { DirectTransaction, UpdateTtl } from '../contract/direct-operations.ts';
import type { MemStoreError } from '../contract/errors.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { RangeOptions, UpdateOptions, WaitOptions } from '../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../contract/transaction.ts';
import type { ServedTransaction } from './served-store.ts';

/**
 * Adapts a transaction that offers only promises to `DirectTransaction`. The methods are async, because a
 * store may throw synchronously or return a thenable.
 */
export class PromisedTransaction implements DirectTransaction {
  readonly #tx: ServedTransaction;

  constructor(tx: ServedTransaction) {
    this.#tx = tx;
  }

  get id(): number {
    return this.#tx.id;
  }

  get age(): number {
    return this.#tx.age;
  }

  get readOnly(): boolean {
    return this.#tx.readOnly;
  }

  get status(): TransactionStatus {
    return this.#tx.status;
  }

  get failure(): MemStoreError | undefined {
    return this.#tx.failure;
  }

  async get(key: string, wait: WaitOptions | undefined): Promise<unknown> {
    return this.#tx.get(key, wait);
  }

  async getForUpdate(key: string, wait: WaitOptions | undefined): Promise<unknown> {
    return this.#tx.getForUpdate(key, wait);
  }

  async getMany(keys: readonly string[], wait: WaitOptions | undefined): Promise<unknown[]> {
    return this.#tx.getMany(keys, wait);
  }

  async has(key: string, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#tx.has(key, wait);
  }

  async countExisting(keys: readonly string[], wait: WaitOptions | undefined): Promise<number> {
    return countTrue(await Promise.all(keys.map((key) => this.#tx.has(key, wait))));
  }

  async timeToLive(key: string, wait: WaitOptions | undefined): Promise<number | undefined> {
    const [left, exists] = await Promise.all([this.#tx.ttl(key, wait), this.#tx.has(key, wait)]);
    return exists ? (left ?? Number.POSITIVE_INFINITY) : undefined;
  }

  async put(
    key: string,
    value: unknown,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<void> {
    return this.#tx.put(key, value, { ...wait, ttl });
  }

  async putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<void> {
    return this.#tx.putMany(entries, { ...wait, ttl });
  }

  async del(key: string, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#tx.del(key, wait);
  }

  async delMany(keys: readonly string[], wait: WaitOptions | undefined): Promise<number> {
    // Delete in key order, so that two such commands cannot deadlock. A key may occur twice.
    const sorted = [...keys].sort();
    return countTrue(await Promise.all(sorted.map((key) => this.#tx.del(key, wait))));
  }

  async update(
    key: string,
    change: (value: unknown) => unknown,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): Promise<unknown> {
    return this.#tx.update(key, change, updateOptions(ttl, wait));
  }

  async increment(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): Promise<number | bigint> {
    // The overloads take one type of number each.
    return this.#tx.increment(key, by as number, updateOptions(ttl, wait));
  }

  async take(key: string, wait: WaitOptions | undefined): Promise<unknown> {
    return this.#tx.take(key, wait);
  }

  async putIfAbsent(
    key: string,
    value: unknown,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<boolean> {
    return this.#tx.putIfAbsent(key, value, { ...wait, ttl });
  }

  async touch(key: string, ttl: number, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#tx.touch(key, { ...wait, ttl });
  }

  async clear(range: RangeBounds, wait: WaitOptions | undefined): Promise<number> {
    return this.#tx.clear({ ...range, ...wait });
  }

  entries(range: RangeOptions | undefined): AsyncIterableIterator<[key: string, value: unknown]> {
    return this.#tx.entries(range);
  }

  async savepoint(): Promise<Savepoint> {
    return this.#tx.savepoint();
  }

  async rollbackTo(savepoint: Savepoint): Promise<void> {
    return this.#tx.rollbackTo(savepoint);
  }

  async commit(): Promise<void> {
    return this.#tx.commit();
  }

  async rollback(): Promise<void> {
    return this.#tx.rollback();
  }
}

/** Returns the options that give the time to live of an update. */
export function updateOptions(ttl: UpdateTtl | undefined, wait: WaitOptions | undefined): UpdateOptions {
  if (ttl === undefined) return { ...wait };
  return ttl.isInitial ? { ...wait, initialTtl: ttl.ttlMs } : { ...wait, ttl: ttl.ttlMs };
}

function countTrue(flags: readonly boolean[]): number {
  return flags.filter(Boolean).length;
}
