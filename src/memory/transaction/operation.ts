import type { MaybePromise } from '../../contract/direct-operations.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { LockMode, LockTarget } from '../../contract/lock-report.ts';
import { abortedBy } from '../../lifecycle/cancellation.ts';
import type { LockManager } from '../../locks/lock-strategy.ts';
import type { Deadline } from '../limits/wait-timer.ts';

/**
 * The work of one operation. A step returns the result, or a promise if it must wait. After the wait, it runs
 * again from the start. Then the locks that it already holds are granted synchronously.
 */
export type Step<Subject, A, B, T> = (subject: Subject, a: A, b: B) => T | Promise<void>;

/** The shared promise of all operations that finish synchronously without a result. */
const DONE: Promise<undefined> = Promise.resolve(undefined);

/** Returns the result as a promise. */
export function toPromise<T>(result: MaybePromise<T>): Promise<T> {
  return result === undefined ? (DONE as Promise<T>) : Promise.resolve(result);
}

/** A requested lock. */
export type LockRequest = LockTarget & { readonly mode: LockMode };

/** The part of an operation that its queue uses. */
export interface PendingOperation extends Deadline {
  /** The position of the operation in the call order of its transaction. */
  readonly number: number;
  readonly lockTimeoutMs: number;
  isSettled: boolean;
  /** The lock that the operation waits for. Undefined if it waits for something else, or does not wait. */
  waitsFor: LockRequest | undefined;
  /** True while it waits for a function of the caller. Then its transaction counts as idle. */
  readonly waitsForCaller: boolean;
  /**
   * Runs the step. Settles the operation if the step has a result. Returns a promise if the operation must
   * wait.
   * @throws the error of the step
   */
  attempt(): Promise<void> | undefined;
  reject(error: unknown): void;
  /** Prevents an unhandled rejection if nobody awaits the operation. */
  silence(): void;
}

/** A pending operation and its result. */
export type Waiting<T> = PendingOperation & { readonly promise: Promise<T> };

/** The part of a transaction that its operations use. */
export interface OperationOwner {
  /** Fails an operation whose lock was not granted within its timeout. */
  timeOut(operation: PendingOperation): void;
  /** Fails an operation whose signal is aborted. */
  cancel(operation: PendingOperation, error: MemStoreError): void;
}

/** The progress of the work that an operation was given. */
interface Progress {
  /** True once some writes may have been made. */
  readonly hasActed?: boolean;
  /** True while the work waits for a function of the caller. */
  readonly waitsForCaller?: boolean;
}

function progressOf(work: unknown): Progress | undefined {
  return typeof work === 'object' && work !== null ? work : undefined;
}

/** An operation that must wait. */
export class Operation<Owner extends OperationOwner, A, B, T> implements PendingOperation {
  readonly #owner: Owner;
  readonly #step: Step<Owner, A, B, T>;
  readonly #a: A;
  readonly #b: B;
  readonly number: number;
  readonly lockTimeoutMs: number;
  readonly #signal: AbortSignal | undefined;
  #resolve!: (result: T) => void;
  #reject!: (error: unknown) => void;
  readonly promise: Promise<T>;
  isSettled = false;
  waitsFor: LockRequest | undefined = undefined;
  deadlineMs = 0;
  timeoutMs: number;

  constructor(
    owner: Owner,
    step: Step<Owner, A, B, T>,
    a: A,
    b: B,
    number: number,
    lockTimeoutMs: number,
    signal?: AbortSignal,
  ) {
    this.#owner = owner;
    this.#step = step;
    this.#a = a;
    this.#b = b;
    this.number = number;
    this.lockTimeoutMs = lockTimeoutMs;
    this.timeoutMs = lockTimeoutMs;
    this.#signal = signal;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal?.addEventListener('abort', this.#onAbort);
  }

  get waitsForCaller(): boolean {
    return progressOf(this.#a)?.waitsForCaller === true;
  }

  attempt(): Promise<void> | undefined {
    const outcome = this.#step(this.#owner, this.#a, this.#b);
    if (outcome instanceof Promise) {
      if (!this.isSettled) return outcome;
      // The step made its own transaction the victim of a deadlock. The rollback has already rejected this
      // operation.
      outcome.catch(() => {});
      return undefined;
    }
    if (this.#settle()) this.#resolve(outcome);
    return undefined;
  }

  reject(error: unknown): void {
    if (this.#settle()) this.#reject(error);
  }

  silence(): void {
    this.promise.catch(() => {});
  }

  expire(): void {
    this.#owner.timeOut(this);
  }

  readonly #onAbort = (): void => {
    // Some writes may be made already, so this operation can no longer be cancelled on its own.
    if (progressOf(this.#a)?.hasActed) return;
    this.#owner.cancel(this, abortedBy(this.#signal));
  };

  #settle(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

/** Returns the error of an operation whose lock was not granted in time. It names the lock and its holder. */
export function lockTimedOut(
  transactionId: number,
  { lockTimeoutMs, waitsFor }: PendingOperation,
  locks: LockManager,
): MemStoreError {
  const { key, range, mode } = waitsFor ?? {};
  const what = key === undefined ? `the range from ${JSON.stringify(range?.from)}` : JSON.stringify(key);
  const holder = key === undefined ? undefined : locks.exclusiveHolder(key);
  const held = holder === undefined ? '' : `, which transaction ${holder} holds`;
  // Only the caller knows whether this call runs inside another transaction, so the message just hints at it.
  const hint =
    holder === undefined
      ? 'If this call runs inside the transaction that holds it, use the `tx` of that transaction.'
      : `If this call runs inside transaction ${holder}, use the \`tx\` of that transaction.`;
  const waited = `Transaction ${transactionId} waited ${lockTimeoutMs} ms`;
  const message = `${waited} for the ${mode} lock on ${what}${held}. ${hint}`;
  return new MemStoreError('LOCK_TIMEOUT', message, { transactionId });
}
