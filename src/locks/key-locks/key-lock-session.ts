import { covers, isEmptyRange, type KeyRange } from '../../contract/key-range.ts';
import type { LockMode } from '../../contract/lock-report.ts';
import type { LockOwner, LockSession } from '../lock-strategy.ts';
import { KeyLock } from './key-lock.ts';
import type { KeyLockManager } from './key-lock-manager.ts';
import type { RangeLock } from './range-lock.ts';
import type { Waiter } from './waiter.ts';

/**
 * Stores the locks that one transaction holds, and the request that it waits for. The lock manager applies
 * the rules.
 */
export class KeyLockSession implements LockSession, LockOwner {
  readonly #manager: KeyLockManager;
  readonly owner: LockOwner;
  /**
   * Most transactions lock one key. So the first lock has its own field. The list is created with the second
   * lock.
   */
  firstHeld: KeyLock | undefined = undefined;
  othersHeld: KeyLock[] | undefined = undefined;
  ranges: RangeLock[] | undefined = undefined;
  waiting: Waiter | undefined = undefined;

  constructor(manager: KeyLockManager, owner: LockOwner) {
    this.#manager = manager;
    this.owner = owner;
  }

  get id(): number {
    return this.owner.id;
  }

  get age(): number {
    return this.owner.age;
  }

  lock(key: string, mode: LockMode): Promise<void> | undefined {
    const manager = this.#manager;
    const { table } = manager;
    if (table.tryLockAsSole(this, key, mode === 'exclusive')) return undefined;
    table.settle();
    const lock = table.locks.get(key);
    // Fast path: the key has no holders and no waiters, and no range is locked or requested.
    if (lock === undefined && table.hasNoRanges) {
      const fresh = new KeyLock(key, mode === 'exclusive', this);
      table.locks.add(fresh);
      this.addHeld(fresh);
      return undefined;
    }
    // Fast path: the session is the only holder. It may upgrade its lock without waiting, whatever is in the
    // queue.
    if (lock?.isHeldOnlyBy(this) && table.hasNoRanges) {
      if (mode === 'exclusive') lock.exclusive = true;
      return undefined;
    }
    return manager.request(this, key, lock, mode === 'exclusive');
  }

  tryLock(key: string, mode: LockMode): boolean {
    const manager = this.#manager;
    manager.table.settle();
    return manager.tryRequest(this, key, manager.table.locks.get(key), mode === 'exclusive');
  }

  lockRange(range: KeyRange): Promise<void> | undefined {
    if (isEmptyRange(range)) return undefined;
    this.#manager.table.settle();
    return this.#manager.requestRange(this, range);
  }

  tryLockRange(range: KeyRange): boolean {
    if (isEmptyRange(range)) return true;
    this.#manager.table.settle();
    return this.#manager.tryRequestRange(this, range);
  }

  withdraw(reason: unknown): void {
    if (this.waiting !== undefined) this.#manager.withdraw(this.waiting, reason);
  }

  releaseAll(): void {
    this.#manager.releaseAll(this);
  }

  releaseSome(most: number): boolean {
    const { othersHeld } = this;
    // The limit does not count the first lock and the ranges, because they are few.
    if (othersHeld === undefined || othersHeld.length <= most) {
      this.#manager.releaseAll(this);
      return false;
    }
    this.#manager.table.settle();
    this.#manager.releaseSome(this, othersHeld.splice(-most));
    return true;
  }

  *held(): Iterable<KeyLock> {
    if (this.firstHeld !== undefined) yield this.firstHeld;
    if (this.othersHeld !== undefined) yield* this.othersHeld;
  }

  exclusiveKeys(): string[] {
    const keys: string[] = [];
    for (const lock of this.held()) if (lock.exclusive) keys.push(lock.key);
    return keys;
  }

  forgetHeld(): void {
    this.firstHeld = undefined;
    this.othersHeld = undefined;
    this.ranges = undefined;
  }

  /** Adds a lock to the list. REQUIRES: the session has just become a holder of the lock. */
  addHeld(lock: KeyLock): void {
    if (this.firstHeld === undefined) this.firstHeld = lock;
    else if (this.othersHeld === undefined) this.othersHeld = [lock];
    else this.othersHeld.push(lock);
  }

  /** Returns whether a range lock of this session covers the key. */
  coversByRange(key: string): boolean {
    if (this.ranges === undefined) return false;
    for (const lock of this.ranges) if (covers(lock.range, key)) return true;
    return false;
  }
}
