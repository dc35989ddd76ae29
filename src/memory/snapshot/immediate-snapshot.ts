import type { ImmediateTransaction } from '../../contract/direct-operations.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { SnapshotTransaction } from './snapshot-transaction.ts';

/** The operations of a snapshot for who would rather have a result than a promise of it; it never waits. */
export class ImmediateSnapshot implements ImmediateTransaction {
  readonly #tx: SnapshotTransaction;

  constructor(tx: SnapshotTransaction) {
    this.#tx = tx;
  }

  get(key: string, mode: LockMode): unknown {
    return mode === 'shared' ? this.#tx.read(key) : this.#tx.refuseWrite();
  }

  getMany(keys: readonly string[]): unknown[] | Promise<unknown[]> {
    return this.#tx.readMany(keys);
  }

  has(key: string): boolean {
    return this.#tx.sees(key);
  }

  put(): never {
    this.#tx.refuseWrite();
  }

  putMany(): never {
    this.#tx.refuseWrite();
  }

  del(): never {
    this.#tx.refuseWrite();
  }

  delMany(): never {
    this.#tx.refuseWrite();
  }

  countExisting(keys: readonly string[]): number | Promise<number> {
    const values = this.#tx.readMany(keys);
    return values instanceof Promise ? values.then(countDefined) : countDefined(values);
  }

  commit(): void {
    this.#tx.checkOpen();
    void this.#tx.commit();
  }

  rollback(): void {
    void this.#tx.rollback();
  }
}

function countDefined(values: readonly unknown[]): number {
  return values.filter((value) => value !== undefined).length;
}
