import type { Savepoint } from '../../contract/transaction.ts';

/** A savepoint, with the state of its transaction that `rollbackTo` restores. */
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
