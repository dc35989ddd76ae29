import { CallerError } from '../../lifecycle/caller-error.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Counters } from '../counters.ts';
import type { WaitTimer } from '../limits/wait-timer.ts';
import { operationFailed, rejectionOf } from '../strategy-failures.ts';
import type { LockRequest, PendingOperation } from './operation.ts';

/** The part of a transaction that its queue uses. */
export interface QueueOwner {
  readonly session: LockSession;
  /** The lock that the last step waits for. Undefined if it waits for an index or a journal. */
  blockedBy: LockRequest | undefined;
  /** True while a step runs a function of the caller. Meanwhile no other step may begin. */
  readonly isInCallback: boolean;
  /** Handles the failure of one operation, after the operation left the queue. */
  onOperationFailed(error: unknown): void;
}

/**
 * The waiting operations of one transaction, in call order. Only the first one has begun. The others begin
 * one after the other, so that they take effect in that order.
 */
export class OperationQueue {
  readonly #owner: QueueOwner;
  readonly #waits: WaitTimer;
  readonly #counters: Counters;
  #operations: PendingOperation[] = [];
  /** The operation that began last. */
  #begun: PendingOperation | undefined = undefined;
  /**
   * The lock timeout of the operation whose step is running. Undefined if no step of the queue is running.
   */
  stepTimeoutMs: number | undefined = undefined;

  constructor(owner: QueueOwner, waits: WaitTimer, counters: Counters) {
    this.#owner = owner;
    this.#waits = waits;
    this.#counters = counters;
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  /** True while the first operation waits for a function of the caller. */
  get waitsForCaller(): boolean {
    return this.#operations[0]?.waitsForCaller === true;
  }

  /** Adds an operation that has not begun. */
  add(operation: PendingOperation): void {
    this.#operations.push(operation);
    if (this.#operations.length === 1) this.#advance();
  }

  /** Adds an operation that has begun and is waiting. REQUIRES: no other operation has begun. */
  addWaiting(operation: PendingOperation, waiting: Promise<void>): void {
    // Its callback may already have added later operations.
    this.#operations.unshift(operation);
    this.#begun = operation;
    this.#park(operation, waiting);
  }

  /** Begins the first operation, unless it has begun already. */
  start(): void {
    if (this.#operations[0] !== this.#begun) this.#advance();
  }

  /** Fails an operation and removes it. If it was the first operation, continues with the next operation. */
  fail(operation: PendingOperation, error: unknown): void {
    if (operation.isSettled) return;
    const wasFirst = this.#operations[0] === operation;
    this.#leave(operation, error);
    this.#operations = this.#operations.filter((other) => other !== operation);
    this.#owner.onOperationFailed(error);
    if (wasFirst) this.#advance();
  }

  /** Prevents unhandled rejections of the pending operations. The caller reports their failures. */
  silence(): void {
    for (const operation of this.#operations) operation.silence();
  }

  /** Fails and removes every operation that was called after the given one. */
  failAllSince(number: number, error: unknown): void {
    const cancelled = this.#operations.filter((operation) => operation.number > number);
    this.#operations = this.#operations.filter((operation) => operation.number <= number);
    for (const operation of cancelled) {
      // The caller that cancelled the operations gets the error, so these rejections need no handler.
      operation.silence();
      this.#leave(operation, error);
    }
  }

  #advance(): void {
    for (;;) {
      const operation = this.#operations[0];
      if (operation === undefined || this.#owner.isInCallback) return;
      this.#begun = operation;
      let failure: { readonly error: unknown } | undefined;
      try {
        const waiting = this.#attempt(operation);
        if (waiting !== undefined) {
          this.#park(operation, waiting);
          return;
        }
      } catch (thrown) {
        // The operation and a commit that waits for it reject with the same error.
        const error = thrown instanceof CallerError ? thrown : operationFailed(thrown);
        failure = { error };
        operation.reject(rejectionOf(error));
      }
      // The operation may have ended its transaction, which empties this queue.
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
    // Reject the operation first: `withdraw` rejects the wait too, and that rejection must have no effect.
    operation.reject(error);
    if (operation.waitsFor !== undefined) this.#owner.session.withdraw(error);
    this.#unpark(operation);
  }
}
