import type { ImmediateTransaction } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Savepoint } from '../contract/store.ts';
import { Lane } from '../lifecycle/lane.ts';
import type { ServedTransaction } from './served-store.ts';

/** A transaction of a connection, and what the connection keeps for it. */
export class OwnTransaction {
  readonly tx: ServedTransaction;
  /** The id of the transaction, by which a connection finds it. */
  readonly key: number;
  readonly lane: Lane = new Lane();
  /** The reason if the connection rolled it back, not the store. */
  failure: MemStoreError | undefined;
  /** Its synchronous operations, if the store has any. */
  readonly immediate: ImmediateTransaction | undefined;
  readonly #maxSavepoints: number;
  /** Undefined before the first savepoint: few transactions have one. */
  #savepoints: Map<number, Savepoint> | undefined;
  #lastSavepoint = 0;

  constructor(tx: ServedTransaction, immediate: ImmediateTransaction | undefined, maxSavepoints: number) {
    this.tx = tx;
    this.key = tx.id;
    this.immediate = immediate;
    this.#maxSavepoints = maxSavepoints;
  }

  get isOpen(): boolean {
    return this.tx.status === 'active' || this.tx.status === 'committing';
  }

  /** Rolls it back. Later commands are told the reason. */
  fail(error: MemStoreError): void {
    this.failure = error;
    void this.tx.rollback();
  }

  /** @throws {MemStoreError} LIMIT_EXCEEDED */
  async savepoint(): Promise<number> {
    this.#savepoints ??= new Map();
    if (this.#savepoints.size >= this.#maxSavepoints)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `A transaction may have at most ${this.#maxSavepoints} savepoints.`,
      );
    const number = ++this.#lastSavepoint;
    this.#savepoints.set(number, await this.tx.savepoint());
    return number;
  }

  /** @throws {MemStoreError} INVALID_OPTION */
  async rollbackTo(number: number): Promise<void> {
    const savepoint = this.#savepoints?.get(number);
    if (savepoint === undefined)
      throw new MemStoreError('INVALID_OPTION', `Transaction ${this.tx.id} has no savepoint ${number}.`);
    await this.tx.rollbackTo(savepoint);
    for (const later of this.#savepoints?.keys() ?? []) if (later > number) this.#savepoints?.delete(later);
  }
}
