import type { DirectTransaction } from '../contract/direct-operations.ts';
import type { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';
import type { Savepoint, TransactionStatus } from '../contract/transaction.ts';
import { PromisedOperations } from './promised-operations.ts';
import type { ServedTransaction } from './served-store.ts';

/**
 * Adapts a transaction that offers only promises to `DirectTransaction`. The methods are async, because a
 * store may throw synchronously or return a thenable.
 */
export class PromisedTransaction extends PromisedOperations implements DirectTransaction {
  readonly #tx: ServedTransaction;

  constructor(tx: ServedTransaction) {
    super(tx);
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

  async delMany(keys: readonly string[], wait: WaitOptions | undefined): Promise<number> {
    // Delete in key order, so that two such commands cannot deadlock. A key may occur twice.
    const sorted = [...keys].sort();
    return countTrue(await Promise.all(sorted.map((key) => this.#tx.del(key, wait))));
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

function countTrue(flags: readonly boolean[]): number {
  return flags.filter(Boolean).length;
}
