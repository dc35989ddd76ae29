import type { Clock } from '../../contract/clock.ts';
import type { MemStoreError } from '../../contract/errors.ts';
import type { TransactionStatus } from '../../contract/transaction.ts';
import { IdleSweep, type SweptTransactions } from './idle-sweep.ts';
import { IdleTimeoutGroups } from './idle-timeout-groups.ts';

/**
 * An open transaction, read-only or not. It is no base class, because a call of a base constructor takes a
 * tenth of the time of a short transaction.
 */
export interface OpenTransaction {
  readonly id: number;
  readonly readOnly: boolean;
  readonly status: TransactionStatus;
  /**
   * The first sweep that found it unused; `undefined` if it was used since the last sweep. Operations clear
   * it, which is cheaper than reading the clock each time.
   */
  idleSinceMs: number | undefined;
  previous: OpenTransaction | undefined;
  next: OpenTransaction | undefined;
  /** The reason if it was rolled back. Every later operation fails with it. */
  readonly failure: MemStoreError | undefined;
  /** True while an operation waits or the commit is under way: then it is not idle. */
  readonly isBusy: boolean;
  /** Rolls it back because of `error`, unless it has ended or can no longer be stopped. */
  abort(error: MemStoreError): void;
  /** Returns a promise of its end if its commit is under way. The promise never rejects. */
  whenEnded(): Promise<void> | undefined;
}

/** The open transactions. Rolls back those that are not used for their idle timeout. */
export class OpenTransactions implements SweptTransactions {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  readonly #sweep: IdleSweep;
  #first: OpenTransaction | undefined = undefined;
  /** Those with an idle timeout of their own; undefined until there is one. */
  #groups: IdleTimeoutGroups | undefined = undefined;
  /** How many read-write transactions are open. */
  active = 0;
  /** How many read-only transactions are open. */
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

  /** Gives an open transaction an idle timeout of its own, instead of that of the store. */
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
    // A reference to an ended transaction must not keep all later ones in memory.
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

  // The sweep for the idle timeout of the store

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
