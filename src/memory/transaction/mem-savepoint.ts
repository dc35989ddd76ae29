import type { Savepoint } from '../../contract/store.ts';

/** A savepoint, with what its transaction needs to go back to it. */
export class MemSavepoint implements Savepoint {
  readonly transactionId: number;
  readonly operationNumber: number;
  readonly mark: number;

  constructor(transactionId: number, operationNumber: number, mark: number) {
    this.transactionId = transactionId;
    this.operationNumber = operationNumber;
    this.mark = mark;
  }
}
