import type { TransactionStatus } from '../../contract/transaction.ts';
import { MemStoreError } from '../../index.ts';
import type { History, HistoryTransaction, Operation } from './history.ts';

/** The record of one transaction while it runs. */
export class TransactionRecord {
  readonly #log: HistoryLog;
  readonly #id: number;
  readonly #beginAt: number;
  /**
   * The operations in the order of their calls, which is also the order of their effects. An element is
   * `undefined` until its call succeeds.
   */
  readonly #operations: (Operation | undefined)[] = [];
  #endAt: number | undefined;
  #isUnknown = false;
  #status: () => TransactionStatus = () => 'active';

  constructor(log: HistoryLog, id: number, beginAt: number) {
    this.#log = log;
    this.#id = id;
    this.#beginAt = beginAt;
  }

  /** Returns the number of operations called so far. */
  get length(): number {
    return this.#operations.length;
  }

  /** Sets the function that returns the current status of the transaction. */
  follow(status: () => TransactionStatus): void {
    this.#status = status;
  }

  /** Returns whether the outcome of the commit is unknown. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Reserves the next position for an operation that is being called. Returns a function that fills it. */
  reserve(): (operation: Operation) => void {
    const place = this.#operations.push(undefined) - 1;
    return (operation) => {
      this.#operations[place] = operation;
    };
  }

  /** Removes the operations at the positions from `start` up to `end`, because they were rolled back. */
  drop(start: number, end: number): void {
    this.#operations.fill(undefined, start, end);
  }

  /** Records the current time as the end of the transaction. */
  end(): void {
    this.#endAt ??= this.#log.tick();
  }

  /** Records an error. After `COMMIT_UNKNOWN`, the outcome of the commit is unknown. */
  fail(error: unknown): void {
    if (error instanceof MemStoreError && error.code === 'COMMIT_UNKNOWN') this.#isUnknown = true;
  }

  toTransaction(): HistoryTransaction {
    const status = this.#status();
    const known = status === 'committed' || status === 'aborted' ? status : 'unknown';
    return {
      id: this.#id,
      status: this.#isUnknown ? 'unknown' : known,
      beginAt: this.#beginAt,
      endAt: this.#endAt,
      operations: this.#operations.filter((operation) => operation !== undefined),
    };
  }
}

/** The records of all transactions, the clock, and the source of unique version numbers. */
export class HistoryLog {
  readonly #records: TransactionRecord[] = [];
  #time = 0;
  #versions = 0;

  /** Returns a time that is greater than all earlier ones. */
  tick(): number {
    return this.#time++;
  }

  newVersion(): number {
    return ++this.#versions;
  }

  newRecord(beginAt: number): TransactionRecord {
    const record = new TransactionRecord(this, this.#records.length + 1, beginAt);
    this.#records.push(record);
    return record;
  }

  /** Runs a one-shot operation and records it as a transaction. */
  async alone<R>(work: (record: TransactionRecord) => Promise<R>): Promise<R> {
    const record = this.newRecord(this.tick());
    try {
      const result = await work(record);
      record.follow(() => 'committed');
      record.end();
      return result;
    } catch (error) {
      record.follow(() => 'aborted');
      record.fail(error);
      throw error;
    }
  }

  history(): History {
    return { transactions: this.#records.map((record) => record.toTransaction()) };
  }
}
