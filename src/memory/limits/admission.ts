import { Semaphore } from 'async-mutex';
import { MemStoreError } from '../../contract/errors.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import type { Deadline, WaitTimer } from './wait-timer.ts';

/** Limits how many transactions are open at once. The others wait in request order. */
export class Admission {
  readonly #semaphore: Semaphore;
  readonly #limit: number;
  readonly #waits: WaitTimer;
  /** In request order. The semaphore's own queue cannot remove one waiter. */
  readonly #waiting = new Set<Candidate>();

  constructor(limit: number, waits: WaitTimer) {
    this.#limit = limit;
    this.#semaphore = new Semaphore(limit);
    this.#waits = waits;
  }

  /**
   * Takes a place. Returns a promise if none is free.
   * @throws {MemStoreError} LIMIT_EXCEEDED if none is free and `timeoutMs` is 0
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

  /** Frees a place, and gives it to the first waiter. A waiter that gave up is not in the list any more. */
  leave(): void {
    this.#semaphore.release();
    for (const candidate of this.#waiting) {
      this.#take();
      candidate.admit();
      return;
    }
  }

  /** Takes a free place. The semaphore does that synchronously, so its promise is not awaited. */
  #take(): void {
    void this.#semaphore.acquire();
  }

  /** Rejects every waiter. */
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

  /** Removes the waiter from the list, the timer and the signal. */
  #leave(): void {
    this.#waiting.delete(this);
    this.#waits.remove(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
