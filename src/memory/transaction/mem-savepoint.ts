import type { Savepoint } from '../../contract/transaction.ts';

/** A savepoint. It stores the state that `rollbackTo` restores. */
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
