import type { Savepoint } from '../contract/transaction.ts';

/** A savepoint in another process: its number there, and its transaction. */
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
