import type { TransactionStatus } from '../../contract/transaction.ts';
import { MemStoreError } from '../../index.ts';
import type { History, HistoryTransaction, Operation } from './history.ts';

/** What a recorder notes of one transaction while it runs. */
export class TransactionRecord {
  readonly #log: HistoryLog;
  readonly #id: number;
  readonly #beginAt: number;
  /** In the order of the calls, which is the order of effect; a place stays empty until its call succeeds. */
  readonly #operations: (Operation | undefined)[] = [];
  #endAt: number | undefined;
  #isUnknown = false;
  #status: () => TransactionStatus = () => 'active';

  constructor(log: HistoryLog, id: number, beginAt: number) {
    this.#log = log;
    this.#id = id;
    this.#beginAt = beginAt;
  }

  /** How many operations have been called so far. */
  get length(): number {
    return this.#operations.length;
  }

  /** Where to ask, when the history is wanted, how the transaction has ended. */
  follow(status: () => TransactionStatus): void {
    this.#status = status;
  }

  /** True when nobody can tell whether the commit happened. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Keeps a place for an operation that is being called, and returns how to fill it. */
  reserve(): (operation: Operation) => void {
    const place = this.#operations.push(undefined) - 1;
    return (operation) => {
      this.#operations[place] = operation;
    };
  }

  /** Forgets the operations called at the places from `start` up to `end`: they were undone. */
  drop(start: number, end: number): void {
    this.#operations.fill(undefined, start, end);
  }

  /** Notes the time when the end was known. */
  end(): void {
    this.#endAt ??= this.#log.tick();
  }

  /** Notes an error, which may mean that nobody can tell whether the commit happened. */
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

/** The transactions of a recorder, its clock, and its supply of unique values. */
export class HistoryLog {
  readonly #records: TransactionRecord[] = [];
  #time = 0;
  #versions = 0;

  /** A moment that differs from all others. */
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

  /** Runs a one-shot operation as a transaction of its own. */
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
