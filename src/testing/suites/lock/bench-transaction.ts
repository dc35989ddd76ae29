import type { KeyRange } from '../../../contract/key-range.ts';
import type { LockMode } from '../../../contract/lock-report.ts';
import type { LockOwner, LockSession } from '../../../locks/lock-strategy.ts';
import { assert } from '../../assert.ts';
import { type Lock, showLock } from './conflicts.ts';
import { LockRequest } from './lock-request.ts';

/** The modes in short, as cases write them. */
export const S: LockMode = 'shared';
export const X: LockMode = 'exclusive';

/** The range of keys from `from` up to but not including `to`. */
export function range(from: string, to?: string): KeyRange {
  return { from, to };
}

/** A transaction that only locks, and remembers what it was granted. */
export class BenchTransaction {
  readonly owner: LockOwner;
  readonly session: LockSession;
  /** What its session is withdrawn with when it is the victim of a deadlock. */
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

  /** True from the call that has to wait until its promise has told how it ended. */
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

  /** Asks for a lock that must be granted at once. */
  take(key: string, mode: LockMode): void {
    this.#expectAtOnce(this.ask(key, mode));
  }

  /** Asks for a range lock that must be granted at once. */
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
      assert(outcome !== 'waiting', `the promise of transaction ${this.id}'s ${showLock(lock)} is settled`);
    }
  }

  #record(lock: Lock, answer: Promise<void> | undefined): LockRequest {
    const request = new LockRequest({ ...lock, transactionId: this.id }, answer);
    this.requests.push(request);
    return request;
  }

  #expectAtOnce({ lock, wasGrantedAtOnce }: LockRequest): void {
    assert(wasGrantedAtOnce, `${showLock(lock)} is granted at once`);
  }
}
