import { Semaphore } from 'async-mutex';
import { MemStoreError } from '../errors.ts';
import { abortedBy } from './operation.ts';
import type { Deadline, WaitTimer } from './wait-timer.ts';

/** Lets a limited number of transactions be open at once. The others wait in the order in which they came. */
export class Admission {
  readonly #semaphore: Semaphore;
  readonly #limit: number;
  readonly #waits: WaitTimer;
  readonly #waiting = new Set<Candidate>();

  constructor(limit: number, waits: WaitTimer) {
    this.#limit = limit;
    this.#semaphore = new Semaphore(limit);
    this.#waits = waits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a place; returns a promise when there is none free.
   * @throws {MemStoreError} LIMIT_EXCEEDED when there is none and `timeoutMs` is 0
   */
  enter(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (!this.#semaphore.isLocked()) {
      // A free place is taken within the call, so the promise need not be waited for.
      void this.#semaphore.acquire();
      return undefined;
    }
    if (timeoutMs === 0) throw this.#full();
    const candidate = new Candidate(timeoutMs, signal, this.#waits, this.#waiting, () => this.#full());
    void this.#semaphore.acquire().then(() => {
      // The semaphore cannot take one waiter out of its queue, so who gave up passes the place on.
      if (!candidate.admit()) this.leave();
    });
    return candidate.promise;
  }

  leave(): void {
    this.#semaphore.release();
  }

  /** Turns away everybody who waits. */
  close(error: MemStoreError): void {
    for (const candidate of this.#waiting) candidate.turnAway(error);
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

  /** Returns false when it has given up. */
  admit(): boolean {
    if (!this.#leave()) return false;
    this.#resolve();
    return true;
  }

  turnAway(error: MemStoreError): void {
    if (this.#leave()) this.#reject(error);
  }

  expire(): void {
    this.turnAway(this.#timeoutError());
  }

  readonly #onAbort = (): void => this.turnAway(abortedBy(this.#signal));

  #leave(): boolean {
    if (!this.#waiting.delete(this)) return false;
    this.#waits.remove(this);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
