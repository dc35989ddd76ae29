import type { TransactionStatus } from 'memstore-tx';
import type { HistoryTransaction, HistoryValue, Operation, TransactionId } from 'memstore-tx/testing';

/** What a transaction leaves under a key. */
export interface FinalWrite {
  readonly value: HistoryValue;
  readonly isDelete: boolean;
}

/** What one transaction does and sees, noted in the order of the calls. */
export class Recording {
  readonly name: TransactionId;
  readonly beginAt: number;
  /** When its end was known. */
  endAt: number | undefined = undefined;
  /** The store's own id of it; one-shot operations do not tell theirs. */
  transactionId: number | undefined = undefined;
  /** Asked when the run is over. */
  status: () => TransactionStatus = () => 'aborted';
  readonly #operations: (Operation | undefined)[] = [];

  constructor(name: TransactionId, beginAt: number) {
    this.name = name;
    this.beginAt = beginAt;
  }

  /** How many operations have been called. */
  get length(): number {
    return this.#operations.length;
  }

  get isCommitted(): boolean {
    return this.status() === 'committed';
  }

  /** Keeps the place of an operation that is called now, and gives how to note what became of it. */
  reserve(): (operation: Operation) => void {
    const place = this.#operations.push(undefined) - 1;
    return (operation) => {
      this.#operations[place] = operation;
    };
  }

  note(operation: Operation): void {
    this.#operations.push(operation);
  }

  /** Forgets the operations from this place on: they were undone. */
  dropFrom(place: number): void {
    this.#operations.length = Math.min(place, this.#operations.length);
  }

  /** The last thing done to each key. */
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
