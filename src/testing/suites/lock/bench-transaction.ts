import type { KeyRange } from '../../../contract/key-range.ts';
import type { LockMode } from '../../../contract/lock-report.ts';
import type { LockOwner, LockSession } from '../../../locks/lock-strategy.ts';
import { assert } from '../../assert.ts';
import { type Lock, showLock } from './conflicts.ts';
import { LockRequest } from './lock-request.ts';

/** Short names of the lock modes, for the cases. */
export const S: LockMode = 'shared';
export const X: LockMode = 'exclusive';

/** Returns the range of keys from `from` up to, but not including, `to`. */
export function range(from: string, to?: string): KeyRange {
  return { from, to };
}

/** A transaction that only takes locks, and records each request. */
export class BenchTransaction {
  readonly owner: LockOwner;
  readonly session: LockSession;
  /** The reason passed to `withdraw` when the transaction is a deadlock victim. */
  readonly abortReason: Error;
  readonly requests: LockRequest[] = [];
  isLive = true;

  constructor(owner: LockOwner, session: LockSession) {
    this.owner = owner;
    this.session = session;
    this.abortReason = new Error(`transaction ${owner.id} is the victim of a deadlock`);
  }

  get id(): number {
    return this.owner.id;
  }

  /** Returns whether the last request is waiting: its promise is not yet settled. */
  get isWaiting(): boolean {
    return this.requests.at(-1)?.outcome === 'waiting';
  }

  get granted(): readonly Lock[] {
    return this.requests.filter(({ outcome }) => outcome === 'granted').map(({ lock }) => lock);
  }

  ask(key: string, mode: LockMode): LockRequest {
    return this.#record({ key, mode }, this.session.lock(key, mode));
  }

  askRange(keys: KeyRange): LockRequest {
    return this.#record({ range: keys, mode: 'shared' }, this.session.lockRange(keys));
  }

  /** Requests a lock that must be granted synchronously. */
  take(key: string, mode: LockMode): void {
    this.#expectAtOnce(this.ask(key, mode));
  }

  /** Requests a range lock that must be granted synchronously. */
  takeRange(keys: KeyRange): void {
    this.#expectAtOnce(this.askRange(keys));
  }

  try(key: string, mode: LockMode): boolean {
    const isHeld = this.session.tryLock(key, mode);
    if (isHeld) this.#record({ key, mode }, undefined);
    return isHeld;
  }

  tryRange(keys: KeyRange): boolean {
    const isHeld = this.session.tryLockRange(keys);
    if (isHeld) this.#record({ range: keys, mode: 'shared' }, undefined);
    return isHeld;
  }

  withdraw(reason: unknown): void {
    this.session.withdraw(reason);
  }

  end(): void {
    this.isLive = false;
    this.session.releaseAll();
  }

  abort(): void {
    this.session.withdraw(this.abortReason);
    this.end();
  }

  expectAllSettled(): void {
    for (const { lock, outcome } of this.requests) {
      assert(
        outcome !== 'waiting',
        `the promise for the ${showLock(lock)} of transaction ${this.id} is settled`,
      );
    }
  }

  #record(lock: Lock, answer: Promise<void> | undefined): LockRequest {
    const request = new LockRequest({ ...lock, transactionId: this.id }, answer);
    this.requests.push(request);
    return request;
  }

  #expectAtOnce({ lock, wasGrantedAtOnce }: LockRequest): void {
    assert(wasGrantedAtOnce, `${showLock(lock)} is granted synchronously`);
  }
}
