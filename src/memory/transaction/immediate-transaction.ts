import { checkKeys } from '../../arguments/check-arguments.ts';
import { checkTtl } from '../../arguments/ttl.ts';
import type { ImmediateTransaction } from '../../contract/direct-operations.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import { newWrite, newWrites } from './arguments.ts';
import { countStep, deleteManyStep, putManyStep, readManyStep } from './list-steps.ts';
import { ListWork, WriteWork } from './list-work.ts';
import { refusal } from './open-transactions.ts';
import { DONE } from './operation.ts';
import type { ReadWriteTransaction } from './read-write-transaction.ts';
import { deleteStep, hasStep, putStep, readStep } from './transaction-steps.ts';
import { deletionOf, type Write } from './write-set.ts';

/** The operations of a transaction for who would rather have a result than a promise of it. */
export class ImmediateReadWrite implements ImmediateTransaction {
  readonly #tx: ReadWriteTransaction;

  constructor(tx: ReadWriteTransaction) {
    this.#tx = tx;
  }

  get(key: string, mode: LockMode): unknown {
    return this.#tx.attempt(readStep, key, mode);
  }

  getMany(keys: readonly string[]): unknown[] | Promise<unknown[]> {
    return this.#tx.attempt(readManyStep, new ListWork(checkKeys(keys), this.#tx.engine.settings.clock), []);
  }

  has(key: string): boolean | Promise<boolean> {
    return this.#tx.attempt(hasStep, key, undefined);
  }

  put(key: string, value: unknown, ttlMs: number | undefined): void | Promise<void> {
    const tx = this.#tx;
    let write: Write;
    try {
      if (ttlMs !== undefined) checkTtl(ttlMs);
      write = newWrite(tx.engine, key, value, ttlMs);
    } catch (error) {
      throw this.#orRefusal(error);
    }
    return tx.attempt(putStep, write, undefined);
  }

  putMany(
    entries: readonly (readonly [key: string, value: unknown])[],
    ttlMs: number | undefined,
  ): void | Promise<void> {
    const tx = this.#tx;
    let writes: Write[];
    try {
      if (ttlMs !== undefined) checkTtl(ttlMs);
      writes = newWrites(tx.engine, entries, ttlMs);
    } catch (error) {
      throw this.#orRefusal(error);
    }
    return tx.attempt(putManyStep, new WriteWork(writes, tx.engine.settings.clock), undefined);
  }

  del(key: string): boolean | Promise<boolean> {
    return this.#tx.attempt(deleteStep, key, undefined);
  }

  delMany(keys: readonly string[]): number | Promise<number> {
    const tx = this.#tx;
    const deletions = checkKeys(keys).map(deletionOf);
    return tx.attempt(deleteManyStep, new WriteWork(deletions, tx.engine.settings.clock), undefined);
  }

  countExisting(keys: readonly string[]): number | Promise<number> {
    const tx = this.#tx;
    return tx.attempt(countStep, new ListWork(checkKeys(keys), tx.engine.settings.clock), undefined);
  }

  commit(): void | Promise<void> {
    const committed = this.#tx.commit();
    // Shared by all operations that finish synchronously and have no result.
    return committed === DONE ? undefined : committed;
  }

  rollback(): void | Promise<void> {
    const ended = this.#tx.rollback();
    return ended === DONE ? undefined : ended;
  }

  /** Who uses a transaction after its end is told so, whatever else is wrong. */
  #orRefusal(error: unknown): unknown {
    return this.#tx.status === 'active' ? error : refusal(this.#tx);
  }
}
