import { MemStoreError } from '../errors.ts';
import type { Savepoint } from '../store.ts';

/** A savepoint in another process: a number there, and the transaction it is of. */
export class RemoteSavepoint implements Savepoint {
  readonly owner: { readonly id: number };
  readonly number: number;
  /** Its place among the calls of `savepoint` of its transaction. */
  readonly call: number;

  constructor(owner: { readonly id: number }, number: number, call: number) {
    this.owner = owner;
    this.number = number;
    this.call = call;
  }

  get transactionId(): number {
    return this.owner.id;
  }
}

/** The error for a savepoint that the transaction does not have. */
export function unknownSavepoint(): MemStoreError {
  const message = 'The savepoint is not of this transaction, or was undone by going back to an earlier one.';
  return new MemStoreError('INVALID_OPTION', message);
}
