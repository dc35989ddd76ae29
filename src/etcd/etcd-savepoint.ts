import type { Savepoint } from '../contract/transaction.ts';
import type { PendingWrites } from './pending-writes.ts';

/** The pending writes of a transaction when the savepoint was set. */
export class EtcdSavepoint implements Savepoint {
  readonly transactionId: number;
  /** The number of the last call that `rollbackTo` does not undo. */
  readonly call: number;
  readonly writes: PendingWrites;

  constructor(transactionId: number, call: number, writes: PendingWrites) {
    this.transactionId = transactionId;
    this.call = call;
    this.writes = writes;
  }
}
