import type { KeyRange } from '../../contract/key-range.ts';
import type { CycleStep } from '../../contract/lock-report.ts';
import type { KeyLock } from './key-lock.ts';
import type { KeyLockSession } from './key-lock-session.ts';

/** A request that was not granted immediately: for a key, or for a shared lock on a range. */
export type Waiter = KeyWaiter | RangeWaiter;

abstract class BaseWaiter {
  readonly session: KeyLockSession;
  readonly exclusive: boolean;
  /** The position among all waiters of the store. The smaller ticket goes first. */
  ticket = 0;
  ahead: Waiter | undefined = undefined;
  behind: Waiter | undefined = undefined;
  isGranted = false;
  #promise: Promise<void> | undefined = undefined;
  #resolve: (() => void) | undefined = undefined;
  #reject: ((reason: unknown) => void) | undefined = undefined;

  constructor(session: KeyLockSession, exclusive: boolean) {
    this.session = session;
    this.exclusive = exclusive;
  }

  /**
   * The promise of the request. Created only if it must wait, because deadlock detection may grant or end it
   * first.
   */
  get promise(): Promise<void> {
    this.#promise ??= new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    return this.#promise;
  }

  grant(): void {
    this.isGranted = true;
    this.#resolve?.();
  }

  withdraw(reason: unknown): void {
    if (this.#reject === undefined) this.#promise = Promise.reject(reason);
    else this.#reject(reason);
  }
}

export class KeyWaiter extends BaseWaiter {
  readonly lock: KeyLock;
  readonly range: undefined = undefined;

  constructor(session: KeyLockSession, lock: KeyLock, exclusive: boolean) {
    super(session, exclusive);
    this.lock = lock;
  }

  get step(): CycleStep {
    const mode = this.exclusive ? 'exclusive' : 'shared';
    return { transactionId: this.session.id, key: this.lock.key, mode };
  }
}

export class RangeWaiter extends BaseWaiter {
  readonly lock: undefined = undefined;
  readonly range: KeyRange;

  constructor(session: KeyLockSession, range: KeyRange) {
    super(session, false);
    this.range = range;
  }

  get step(): CycleStep {
    return { transactionId: this.session.id, range: this.range, mode: 'shared' };
  }
}
