import type { DirectTransaction, MaybePromise } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { Savepoint } from '../contract/transaction.ts';
import { Lane } from '../lifecycle/lane.ts';

/** A transaction of a session with its lane and its savepoints. */
export class SessionTransaction {
  readonly tx: DirectTransaction;
  /** The id of the transaction, under which its session stores it. */
  readonly key: number;
  readonly lane: Lane = new Lane();
  /** The reason why the session rolled the transaction back, if it did. */
  failure: MemStoreError | undefined;
  readonly #maxSavepoints: number;
  /** Undefined before the first savepoint, because few transactions have one. */
  #savepoints: Map<number, Savepoint> | undefined;
  #lastSavepoint = 0;

  constructor(tx: DirectTransaction, maxSavepoints: number) {
    this.tx = tx;
    this.key = tx.id;
    this.#maxSavepoints = maxSavepoints;
  }

  get isOpen(): boolean {
    return this.tx.status === 'active' || this.tx.status === 'committing';
  }

  /** Rolls the transaction back. Later commands fail with this error. */
  fail(error: MemStoreError): void {
    this.failure = error;
    abandon(this.tx);
  }

  /**
   * Creates a savepoint and returns its number.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   */
  savepoint(): MaybePromise<number> {
    const savepoints = this.#savepoints ?? new Map<number, Savepoint>();
    this.#savepoints = savepoints;
    if (savepoints.size >= this.#maxSavepoints)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `A transaction may have at most ${this.#maxSavepoints} savepoints (maxSavepoints).`,
      );
    const number = ++this.#lastSavepoint;
    const keep = (savepoint: Savepoint): number => {
      savepoints.set(number, savepoint);
      return number;
    };
    const savepoint = this.tx.savepoint();
    return savepoint instanceof Promise ? savepoint.then(keep) : keep(savepoint);
  }

  /**
   * Rolls back to the savepoint with this number.
   * @throws {MemStoreError} INVALID_OPTION if there is none
   */
  rollbackTo(number: number): MaybePromise<void> {
    const savepoint = this.#savepoints?.get(number);
    if (savepoint === undefined)
      throw new MemStoreError('INVALID_OPTION', `Transaction ${this.tx.id} has no savepoint ${number}.`);
    const undone = this.tx.rollbackTo(savepoint);
    return undone instanceof Promise
      ? undone.then(() => this.#dropSavepointsAfter(number))
      : this.#dropSavepointsAfter(number);
  }

  #dropSavepointsAfter(number: number): void {
    for (const later of this.#savepoints?.keys() ?? []) if (later > number) this.#savepoints?.delete(later);
  }
}

/** Rolls a transaction back without waiting for the result. Ignores a failure of the store. */
export function abandon(tx: DirectTransaction): void {
  const ended = tx.rollback();
  if (ended instanceof Promise) ended.catch(() => {});
}
