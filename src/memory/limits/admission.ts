import { Semaphore } from 'async-mutex';
import { MemStoreError } from '../../contract/errors.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import type { Deadline, WaitTimer } from './wait-timer.ts';

/** Limits how many transactions are open at the same time. The others wait in request order. */
export class Admission {
  readonly #semaphore: Semaphore;
  readonly #limit: number;
  readonly #waits: WaitTimer;
  /** The waiters, in request order. The semaphore has a queue too, but cannot remove a waiter from it. */
  readonly #waiting = new Set<Candidate>();

  constructor(limit: number, waits: WaitTimer) {
    this.#limit = limit;
    this.#semaphore = new Semaphore(limit);
    this.#waits = waits;
  }

  /**
   * Takes a place for one open transaction. Returns a promise if no place is free.
   * @throws {MemStoreError} LIMIT_EXCEEDED if no place is free and `timeoutMs` is 0
   */
  enter(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (!this.#semaphore.isLocked()) {
      this.#take();
      return undefined;
    }
    if (timeoutMs === 0) throw this.#full();
    return new Candidate(timeoutMs, signal, this.#waits, this.#waiting, () => this.#stillFull(timeoutMs))
      .promise;
  }

  /** Frees a place and gives it to the first waiter. Waiters that gave up are no longer in the list. */
  leave(): void {
    this.#semaphore.release();
    for (const candidate of this.#waiting) {
      this.#take();
      candidate.admit();
      return;
    }
  }

  /** Takes a free place. The semaphore grants it synchronously, so the promise is not awaited. */
  #take(): void {
    void this.#semaphore.acquire();
  }

  /** Rejects every waiter. */
  close(error: MemStoreError): void {
    for (const candidate of this.#waiting) candidate.turnAway(error);
  }

  #stillFull(timeoutMs: number): MemStoreError {
    const { code, message } = this.#full();
    const hint = 'If this call runs inside one of them, use the `tx` of that transaction.';
    return new MemStoreError(code, `${message} None ended within ${timeoutMs} ms. ${hint}`);
  }

  #full(): MemStoreError {
    return new MemStoreError(
      'LIMIT_EXCEEDED',
      `The limit of ${this.#limit} open transactions (maxActiveTransactions) is reached.`,
    );
  }
}

/** A transaction that waits to begin. */
class Candidate implements Deadline {
  readonly promise: Promise<void>;
  readonly timeoutMs: number;
  deadlineMs = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #waits: WaitTimer;
  readonly #waiting: Set<Candidate>;
  readonly #timeoutError: () => MemStoreError;
  #resolve!: () => void;
  #reject!: (error: MemStoreError) => void;

  constructor(
    timeoutMs: number,
    signal: AbortSignal | undefined,
    waits: WaitTimer,
    waiting: Set<Candidate>,
    timeoutError: () => MemStoreError,
  ) {
    this.timeoutMs = timeoutMs;
    this.#signal = signal;
    this.#waits = waits;
    this.#waiting = waiting;
    this.#timeoutError = timeoutError;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    waiting.add(this);
    waits.add(this);
    signal?.addEventListener('abort', this.#onAbort);
  }

  admit(): void {
    this.#leave();
    this.#resolve();
  }

  turnAway(error: MemStoreError): void {
    this.#leave();
    this.#reject(error);
  }

  expire(): void {
    this.turnAway(this.#timeoutError());
  }

  readonly #onAbort = (): void => this.turnAway(abortedBy(this.#signal));

  /** Removes the waiter from the list and the timer, and stops listening to the signal. */
  #leave(): void {
    this.#waiting.delete(this);
    this.#waits.remove(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
