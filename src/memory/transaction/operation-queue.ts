import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Counters } from '../counters.ts';
import type { LockRequest, PendingOperation } from './operation.ts';
import { operationFailed } from './strategy-failures.ts';
import type { WaitTimer } from './wait-timer.ts';

/** What the queue of a transaction needs to know of it. */
export interface QueueOwner {
  readonly session: LockSession;
  /** The lock that a step returned because of; undefined when it was because of an index or a journal. */
  blockedBy: LockRequest | undefined;
  /** Told when an operation rejected on its own account, after it left the queue. */
  onOperationFailed(error: unknown): void;
}

/**
 * The operations of one transaction that could not be done at once, in the order of their calls. Only the
 * first is under way; the others have not begun, so that they take effect in that order.
 */
export class OperationQueue {
  readonly #owner: QueueOwner;
  readonly #waits: WaitTimer;
  readonly #counters: Counters;
  #operations: PendingOperation[] = [];
  /** The lock timeout of the operation whose step runs now; `undefined` if no step of the queue runs. */
  stepTimeoutMs: number | undefined = undefined;

  constructor(owner: QueueOwner, waits: WaitTimer, counters: Counters) {
    this.#owner = owner;
    this.#waits = waits;
    this.#counters = counters;
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  /** Adds an operation that has not begun. */
  add(operation: PendingOperation): void {
    this.#operations.push(operation);
    if (this.#operations.length === 1) this.#advance();
  }

  /** Adds one that has begun and waits. REQUIRES: the queue is empty. */
  addWaiting(operation: PendingOperation, waiting: Promise<void>): void {
    this.#operations.push(operation);
    this.#park(operation, waiting);
  }

  /** Takes an operation out, wherever it stands, and lets the next one go on. */
  fail(operation: PendingOperation, error: unknown): void {
    if (operation.isSettled) return;
    const wasFirst = this.#operations[0] === operation;
    this.#leave(operation, error);
    this.#operations = this.#operations.filter((other) => other !== operation);
    this.#owner.onOperationFailed(error);
    if (wasFirst) this.#advance();
  }

  /** Whoever calls this answers for the failures of the operations that are pending now. */
  silence(): void {
    for (const operation of this.#operations) operation.silence();
  }

  /** Takes out every operation that was called after the given one. */
  failAllSince(number: number, error: unknown): void {
    const cancelled = this.#operations.filter((operation) => operation.number > number);
    this.#operations = this.#operations.filter((operation) => operation.number <= number);
    for (const operation of cancelled) {
      // Who ended them knows, so that an operation which nobody awaits is no unhandled rejection.
      operation.silence();
      this.#leave(operation, error);
    }
  }

  #advance(): void {
    for (;;) {
      const operation = this.#operations[0];
      if (operation === undefined) return;
      let failure: { readonly error: unknown } | undefined;
      try {
        const waiting = this.#attempt(operation);
        if (waiting !== undefined) {
          this.#park(operation, waiting);
          return;
        }
      } catch (thrown) {
        const error = operationFailed(thrown);
        failure = { error };
        operation.reject(error);
      }
      // It may have ended its transaction, and with it this queue.
      if (this.#operations[0] === operation) this.#operations.shift();
      if (failure !== undefined) this.#owner.onOperationFailed(failure.error);
    }
  }

  #attempt(operation: PendingOperation): Promise<void> | undefined {
    this.stepTimeoutMs = operation.lockTimeoutMs;
    try {
      return operation.attempt();
    } finally {
      this.stepTimeoutMs = undefined;
    }
  }

  #park(operation: PendingOperation, waiting: Promise<void>): void {
    operation.waitsFor = this.#owner.blockedBy;
    this.#owner.blockedBy = undefined;
    if (operation.waitsFor !== undefined) {
      this.#waits.add(operation);
      this.#counters.lockWaits++;
      this.#counters.waitingOperations++;
    }
    waiting.then(
      () => {
        if (operation.isSettled) return;
        this.#unpark(operation);
        this.#advance();
      },
      (error: unknown) => this.fail(operation, error),
    );
  }

  #unpark(operation: PendingOperation): void {
    if (operation.waitsFor === undefined) return;
    operation.waitsFor = undefined;
    this.#waits.remove(operation);
    this.#counters.waitingOperations--;
  }

  #leave(operation: PendingOperation, error: unknown): void {
    // Marked as settled first, so that the rejection which withdrawing brings about is not taken for news.
    operation.reject(error);
    if (operation.waitsFor !== undefined) this.#owner.session.withdraw(error);
    this.#unpark(operation);
  }
}
