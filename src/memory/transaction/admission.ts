import { Semaphore } from 'async-mutex';
import { MemStoreError } from '../../contract/errors.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import type { Deadline, WaitTimer } from './wait-timer.ts';

/** Lets a limited number of transactions be open at once. The others wait in the order in which they came. */
export class Admission {
  readonly #semaphore: Semaphore;
  readonly #limit: number;
  readonly #waits: WaitTimer;
  /** In the order in which they came. The semaphore's own queue has no way to take one waiter out. */
  readonly #waiting = new Set<Candidate>();

  constructor(limit: number, waits: WaitTimer) {
    this.#limit = limit;
    this.#semaphore = new Semaphore(limit);
    this.#waits = waits;
  }

  /**
   * Takes a place; returns a promise when there is none free.
   * @throws {MemStoreError} LIMIT_EXCEEDED when there is none and `timeoutMs` is 0
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

  /**
   * Gives a place back, to the first who waits. Who gave up does not wait any more, so no place is lost on
   * him.
   */
  leave(): void {
    this.#semaphore.release();
    for (const candidate of this.#waiting) {
      this.#take();
      candidate.admit();
      return;
    }
  }

  /** A free place is taken within the call, so the semaphore's promise need not be waited for. */
  #take(): void {
    void this.#semaphore.acquire();
  }

  /** Turns away everybody who waits. */
  close(error: MemStoreError): void {
    for (const candidate of this.#waiting) candidate.turnAway(error);
  }

  #stillFull(timeoutMs: number): MemStoreError {
    const { code, message } = this.#full();
    const hint = 'If one of them is the transaction around this call, pass its `tx` on.';
    return new MemStoreError(code, `${message} No place came free within ${timeoutMs} ms. ${hint}`);
  }

  #full(): MemStoreError {
    return new MemStoreError(
      'LIMIT_EXCEEDED',
      `${this.#limit} transactions are open, as many as maxActiveTransactions allows.`,
    );
  }
}

/** A transaction that waits for a place. */
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

  /** Nobody hears of it any more after this: neither the timer, nor the signal, nor whoever leaves. */
  #leave(): void {
    this.#waiting.delete(this);
    this.#waits.remove(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
