import { MemStoreError, type Savepoint } from '../../index.ts';
import type { AnyTransaction } from './verb.ts';

/** A transaction that was begun at the prompt and not ended there, and its savepoints by their numbers. */
export interface OpenTransaction {
  readonly tx: AnyTransaction;
  readonly savepoints: Savepoint[];
}

/**
 * The transactions of a prompt, and the one that commands without an id belong to.
 *
 * One stays in a transaction that was rolled back by somebody else until one ends it: commands typed for it must not
 * take effect without it.
 */
export class OpenTransactions {
  /** In the order in which they became the current one; the last is current. */
  readonly #open = new Map<number, OpenTransaction>();
  #isInside = true;

  get current(): OpenTransaction | undefined {
    return this.#isInside ? [...this.#open.values()].at(-1) : undefined;
  }

  get ids(): number[] {
    return [...this.#open.keys()].sort((a, b) => a - b);
  }

  /** How many would be rolled back if the connection ended now. */
  get activeCount(): number {
    return [...this.#open.values()].filter(({ tx }) => tx.status === 'active').length;
  }

  add(tx: AnyTransaction): void {
    this.#open.set(tx.id, { tx, savepoints: [] });
    this.#isInside = true;
  }

  /** @throws {MemStoreError} UNKNOWN_TRANSACTION */
  get(id: number): OpenTransaction {
    const found = this.#open.get(id);
    if (found !== undefined) return found;
    throw new MemStoreError('UNKNOWN_TRANSACTION', `There is no transaction ${id} here.`);
  }

  /** Makes it the current one; without an id, none is. @throws {MemStoreError} UNKNOWN_TRANSACTION */
  use(id: number | undefined): void {
    this.#isInside = id !== undefined;
    if (id === undefined) return;
    const found = this.get(id);
    this.#open.delete(id);
    this.#open.set(id, found);
  }

  /** It is ended. Who was in it is in the one that was current before, if that is open still. */
  remove(id: number): void {
    this.#open.delete(id);
  }

  clear(): void {
    this.#open.clear();
  }
}
