import type { TransactionStatus } from 'memstore-tx';
import type { HistoryTransaction, HistoryValue, Operation, TransactionId } from 'memstore-tx/testing';

/** The last write of a transaction to a key. */
export interface FinalWrite {
  readonly value: HistoryValue;
  readonly isDelete: boolean;
}

/** The operations and results of one transaction, in the order of the calls. */
export class Recording {
  readonly name: TransactionId;
  readonly beginAt: number;
  /** The time when the outcome was known. */
  endAt: number | undefined = undefined;
  /** The id of the transaction in the store, or `undefined` for a one-shot operation. */
  transactionId: number | undefined = undefined;
  /** Returns the status. Called when the run is over. */
  status: () => TransactionStatus = () => 'aborted';
  readonly #operations: (Operation | undefined)[] = [];

  constructor(name: TransactionId, beginAt: number) {
    this.name = name;
    this.beginAt = beginAt;
  }

  /** Returns the number of operations called so far. */
  get length(): number {
    return this.#operations.length;
  }

  get isCommitted(): boolean {
    return this.status() === 'committed';
  }

  /**
   * Reserves a position for an operation that is called now. Returns a function that records its result
   * there.
   */
  reserve(): (operation: Operation) => void {
    const place = this.#operations.push(undefined) - 1;
    return (operation) => {
      this.#operations[place] = operation;
    };
  }

  note(operation: Operation): void {
    this.#operations.push(operation);
  }

  /** Removes the operations from this position on, because they were rolled back. */
  dropFrom(place: number): void {
    this.#operations.length = Math.min(place, this.#operations.length);
  }

  /** Returns the last write to each key. */
  finalWrites(): ReadonlyMap<string, FinalWrite> {
    const writes = new Map<string, FinalWrite>();
    for (const operation of this.#operations) {
      if (operation?.type !== 'write' && operation?.type !== 'delete') continue;
      const value = operation.value ?? '';
      writes.set(operation.key, { value, isDelete: operation.type === 'delete' });
    }
    return writes;
  }

  toTransaction(): HistoryTransaction {
    return {
      id: this.name,
      status: this.isCommitted ? 'committed' : 'aborted',
      beginAt: this.beginAt,
      endAt: this.endAt,
      operations: this.#operations.filter((operation) => operation !== undefined),
    };
  }
}
