import type { Clock, Timer } from '../clock.ts';
import { MemStoreError } from '../errors.ts';
import type { TransactionStatus } from '../store.ts';

/**
 * What a transaction that is open has in common with every other, whether it reads or writes. It is no base class,
 * because a constructor that calls another is a tenth of what a short transaction costs.
 */
export interface OpenTransaction {
  readonly id: number;
  readonly readOnly: boolean;
  readonly status: TransactionStatus;
  /** Set by every operation, cleared by every sweep: cheaper than reading the clock each time. */
  touched: boolean;
  idleSinceMs: number;
  previous: OpenTransaction | undefined;
  next: OpenTransaction | undefined;
  /** Why it was rolled back, which every later operation is told. */
  readonly failure: MemStoreError | undefined;
  /** True while an operation waits or the commit is under way: then it is not idle. */
  readonly isBusy: boolean;
  /** Rolls it back because of `error`, unless it has ended or can no longer be stopped. */
  abort(error: MemStoreError): void;
  /** Resolves when it has ended; at once unless a commit is under way. */
  ended(): Promise<void>;
}

/** The error for an operation that comes after the end. */
export function refusal({ id, status, failure }: OpenTransaction): MemStoreError {
  return failure ?? new MemStoreError('TRANSACTION_CLOSED', `Transaction ${id} is ${status}.`);
}

// The part of the idle timeout between two sweeps. A transaction is idle from the first sweep that finds it
// untouched, and its end comes with a sweep too, so it lives at most two of these parts longer than asked.
const SWEEPS_PER_TIMEOUT = 32;
// One sweep rolls back no more than this many, in a few milliseconds; the next one goes on soon.
const MOST_PER_SWEEP = 1024;
const NEXT_SLICE_MS = 1;

/** The transactions that are open. Those that nobody touches for the idle timeout are rolled back. */
export class OpenTransactions {
  readonly #clock: Clock;
  readonly #idleTimeoutMs: number;
  #first: OpenTransaction | undefined = undefined;
  #timer: Timer | undefined = undefined;
  /** How many read-write transactions are open. */
  active = 0;
  /** How many read-only transactions are open. */
  snapshots = 0;

  constructor(clock: Clock, idleTimeoutMs: number) {
    this.#clock = clock;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  add(transaction: OpenTransaction): void {
    if (transaction.readOnly) this.snapshots++;
    else this.active++;
    const first = this.#first;
    transaction.next = first;
    if (first !== undefined) first.previous = transaction;
    this.#first = transaction;
    // One timer outlives many short transactions: it stops when a sweep finds none.
    if (this.#timer === undefined && this.#idleTimeoutMs !== Number.POSITIVE_INFINITY)
      this.#schedule(this.#sweepIntervalMs);
  }

  remove(transaction: OpenTransaction): void {
    if (transaction.readOnly) this.snapshots--;
    else this.active--;
    const { previous, next } = transaction;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next !== undefined) next.previous = previous;
    // Who still refers to an ended transaction must not keep all those that came after it.
    transaction.previous = undefined;
    transaction.next = undefined;
  }

  /** The open transactions, the youngest first, as they are now. */
  all(): OpenTransaction[] {
    const all: OpenTransaction[] = [];
    for (let transaction = this.#first; transaction !== undefined; transaction = transaction.next) {
      all.push(transaction);
    }
    return all;
  }

  stopSweeping(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  get #sweepIntervalMs(): number {
    return Math.max(this.#idleTimeoutMs / SWEEPS_PER_TIMEOUT, 1);
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#clock.setTimer(() => this.#sweep(), delayMs, false);
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let left = MOST_PER_SWEEP;
    for (const transaction of this.all()) {
      if (transaction.touched || transaction.isBusy) {
        transaction.touched = false;
        transaction.idleSinceMs = nowMs;
      } else if (nowMs - transaction.idleSinceMs >= this.#idleTimeoutMs && left-- > 0) {
        const what = `Transaction ${transaction.id} was not touched for ${this.#idleTimeoutMs} ms`;
        transaction.abort(new MemStoreError('TRANSACTION_EXPIRED', `${what} and was rolled back.`));
      }
    }
    if (this.#first !== undefined) this.#schedule(left < 0 ? NEXT_SLICE_MS : this.#sweepIntervalMs);
  }
}
