import type { Savepoint } from '../contract/transaction.ts';

/** A savepoint of a remote transaction: the transaction, and the number of the savepoint on the server. */
export class RemoteSavepoint implements Savepoint {
  readonly owner: { readonly id: number };
  readonly number: number;
  /** The number of the `savepoint()` call that created it, counted from 1 in its transaction. */
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
