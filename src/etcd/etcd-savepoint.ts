import type { Savepoint } from '../contract/transaction.ts';
import type { PendingWrites } from './pending-writes.ts';

/** What a transaction was going to write when the savepoint was set. */
export class EtcdSavepoint implements Savepoint {
  readonly transactionId: number;
  /** The calls up to here are not undone. */
  readonly call: number;
  readonly writes: PendingWrites;

  constructor(transactionId: number, call: number, writes: PendingWrites) {
    this.transactionId = transactionId;
    this.call = call;
    this.writes = writes;
  }
}
