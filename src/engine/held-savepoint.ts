import { MemStoreError } from '../errors.ts';
import type { Savepoint } from '../store.ts';

/** A savepoint, with what its transaction needs to go back to it. */
export class HeldSavepoint implements Savepoint {
  readonly transactionId: number;
  readonly operationNumber: number;
  readonly mark: number;

  constructor(transactionId: number, operationNumber: number, mark: number) {
    this.transactionId = transactionId;
    this.operationNumber = operationNumber;
    this.mark = mark;
  }
}

/** The error for a savepoint that the transaction does not have. */
export function unknownSavepoint(): MemStoreError {
  const message = 'The savepoint is not of this transaction, or was undone by going back to an earlier one.';
  return new MemStoreError('INVALID_OPTION', message);
}
