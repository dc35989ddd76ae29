import type { Clock } from '../../contract/clock.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type { TransactionStatus } from '../../contract/transaction.ts';
import { IdleSweep, type SweptTransactions } from './idle-sweep.ts';
import { IdleTimeoutGroups } from './idle-timeout-groups.ts';

/**
 * An open transaction, read-only or not. It is not a base class, because calling a base constructor would
 * take a tenth of the time of a short transaction.
 */
export interface OpenTransaction {
  readonly id: number;
  readonly readOnly: boolean;
  readonly status: TransactionStatus;
  /**
   * The time of the first sweep that found the transaction unused. Undefined if it was used since the last
   * sweep. Operations clear this field, which is cheaper than reading the clock each time.
   */
  idleSinceMs: number | undefined;
  previous: OpenTransaction | undefined;
  next: OpenTransaction | undefined;
  /** The error that rolled the transaction back, if any. Every later operation fails with it. */
  readonly failure: MemStoreError | undefined;
  /** Whether an operation is waiting or the commit is in progress. A busy transaction is not idle. */
  readonly isBusy: boolean;
  /** Rolls the transaction back with `error`, unless it has ended or is past the point of no return. */
  abort(error: MemStoreError): void;
  /**
   * Returns a promise that resolves when a commit in progress has ended, or undefined if no commit is in
   * progress. The promise never rejects.
   */
  whenEnded(): Promise<void> | undefined;
}

/** The open transactions. Rolls back those that were not used for their idle timeout. */
export class OpenTransactions implements SweptTransactions {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #sweep: IdleSweep;
  #first: OpenTransaction | undefined = undefined;
  /** The transactions with their own idle timeout. Undefined until such a transaction exists. */
  #groups: IdleTimeoutGroups | undefined = undefined;
  /** The number of open read-write transactions. */
  active = 0;
  /** The number of open read-only transactions. */
  snapshots = 0;

  constructor(clock: Clock, idleTimeoutMs: number) {
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#sweep = new IdleSweep(clock, idleTimeoutMs, this);
  }

  add(transaction: OpenTransaction): void {
    if (transaction.readOnly) this.snapshots++;
    else this.active++;
    const first = this.#first;
    transaction.next = first;
    if (first !== undefined) first.previous = transaction;
    this.#first = transaction;
    this.#sweep.start();
  }

  /** Gives an open transaction its own idle timeout, which replaces the timeout of the store. */
  setIdleTimeout(transaction: OpenTransaction, timeoutMs: number): void {
    this.#groups ??= new IdleTimeoutGroups(this.#clock);
    this.#groups.add(transaction, timeoutMs);
  }

  remove(transaction: OpenTransaction): void {
    if (transaction.readOnly) this.snapshots--;
    else this.active--;
    const { previous, next } = transaction;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    // An ended transaction that is still referenced must not keep all later ones in memory.
    transaction.previous = undefined;
    transaction.next = undefined;
    if (this.#groups !== undefined) this.#groups.delete(transaction);
  }

  /** Returns the open transactions, the youngest first. */
  all(): OpenTransaction[] {
    const all: OpenTransaction[] = [];
    for (let transaction = this.#first; transaction !== undefined; transaction = transaction.next) {
      all.push(transaction);
    }
    return all;
  }

  stopSweeping(): void {
    this.#sweep.stop();
    this.#groups?.stopSweeping();
  }

  // The sweep for the store's idle timeout

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  candidates(): OpenTransaction[] {
    const own = this.#groups;
    if (own === undefined || own.isEmpty) return this.all();
    return this.all().filter((transaction) => !own.has(transaction));
  }

  timeoutMs(): number {
    return this.#idleTimeoutMs;
  }
}
