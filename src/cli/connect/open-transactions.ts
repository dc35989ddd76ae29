import { MemStoreError, type Savepoint } from '../../index.ts';
import type { AnyTransaction } from './verb.ts';

/** A transaction that was begun at the prompt and not ended by it, with its savepoints by number. */
export interface OpenTransaction {
  readonly tx: AnyTransaction;
  readonly savepoints: Savepoint[];
}

/**
 * The open transactions of a prompt. Commands without an id belong to the current one.
 *
 * A transaction that the server rolled back stays current until the user ends it. Otherwise commands that the
 * user types for it would take effect outside any transaction.
 */
export class OpenTransactions {
  /** The transactions in the order in which they became current. The last one is current. */
  readonly #open = new Map<number, OpenTransaction>();
  #isInside = true;

  get current(): OpenTransaction | undefined {
    return this.#isInside ? [...this.#open.values()].at(-1) : undefined;
  }

  get ids(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  /** Returns the number of transactions that would be rolled back if the connection ended now. */
  get activeCount(): number {
    return [...this.#open.values()].filter(({ tx }) => tx.status === 'active').length;
  }

  add(tx: AnyTransaction): void {
    this.#open.set(tx.id, { tx, savepoints: [] });
    this.#isInside = true;
  }

  /**
   * Returns the transaction with this id.
   * @throws {MemStoreError} UNKNOWN_TRANSACTION
   */
  get(id: number): OpenTransaction {
    const found = this.#open.get(id);
    if (found !== undefined) return found;
    throw new MemStoreError('UNKNOWN_TRANSACTION', `This connection has no open transaction ${id}.`);
  }

  /**
   * Makes the transaction with this id current. Without an id, no transaction is current.
   * @throws {MemStoreError} UNKNOWN_TRANSACTION
   */
  use(id: number | undefined): void {
    this.#isInside = id !== undefined;
    if (id === undefined) return;
    const found = this.get(id);
    this.#open.delete(id);
    this.#open.set(id, found);
  }

  /** Removes a transaction that has ended. The previous current transaction becomes current again. */
  remove(id: number): void {
    this.#open.delete(id);
  }

  clear(): void {
    this.#open.clear();
  }
}
