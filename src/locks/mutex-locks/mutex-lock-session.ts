import { coversRange, isEmptyRange, type KeyRange } from '../../contract/key-range.ts';
import type { CycleStep, HeldLock, LockMode, LockReport, LockTarget } from '../../contract/lock-report.ts';
import type { LockOwner, LockSession } from '../lock-strategy.ts';
import type { Stripe, Ticket } from './stripe.ts';

/** The part of the lock manager that a session uses. */
export interface StripeTable {
  readonly stripes: readonly Stripe<MutexLockSession>[];
  stripeOf(key: string): Stripe<MutexLockSession>;
  /** Breaks the deadlocks of a session that has just begun to wait. */
  breakDeadlocks(requester: MutexLockSession): void;
}

/** A request that waits for a stripe. */
interface Waiting {
  readonly target: LockTarget;
  readonly mode: LockMode;
  /** The stripes that are still to be taken. The request waits for the first one. */
  stripes: readonly Stripe<MutexLockSession>[];
  ticket: Ticket<MutexLockSession>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The stripes that one transaction holds, and the locks that it requested. */
export class MutexLockSession implements LockSession {
  readonly owner: LockOwner;
  readonly #table: StripeTable;
  readonly #stripes = new Set<Stripe<MutexLockSession>>();
  // The requested locks, for reports only. A stripe does not distinguish between keys or modes.
  readonly #keys = new Map<string, LockMode>();
  #ranges: KeyRange[] = [];
  #waiting: Waiting | undefined;

  constructor(owner: LockOwner, table: StripeTable) {
    this.owner = owner;
    this.#table = table;
  }

  get id(): number {
    return this.owner.id;
  }

  get age(): number {
    return this.owner.age;
  }

  lock(key: string, mode: LockMode): Promise<void> | undefined {
    return this.#request({ key }, mode, [this.#table.stripeOf(key)]);
  }

  tryLock(key: string, mode: LockMode): boolean {
    return this.#tryRequest({ key }, mode, [this.#table.stripeOf(key)]);
  }

  lockRange(range: KeyRange): Promise<void> | undefined {
    if (isEmptyRange(range)) return undefined;
    return this.#request({ range }, 'shared', this.#table.stripes);
  }

  tryLockRange(range: KeyRange): boolean {
    return isEmptyRange(range) || this.#tryRequest({ range }, 'shared', this.#table.stripes);
  }

  /**
   * Cancels the waiting request. Stripes that it has already taken stay taken until the end, as two-phase
   * locking requires.
   */
  withdraw(reason: unknown): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    waiting.stripes[0]?.giveUp(waiting.ticket);
    waiting.reject(reason);
  }

  releaseAll(): void {
    for (const stripe of this.#stripes) stripe.release();
    this.#stripes.clear();
    this.#keys.clear();
    this.#ranges = [];
  }

  /**
   * Returns the holders of all stripes that this session still has to take. It needs all of them, not just
   * the next one. A stripe that was already handed over to this session does not count, even if the callback
   * is still pending.
   */
  holdersAwaited(): Set<MutexLockSession> {
    const holders = new Set<MutexLockSession>();
    for (const { holder } of this.#waiting?.stripes ?? []) {
      if (holder !== undefined && holder !== this) holders.add(holder);
    }
    return holders;
  }

  /** Returns the lock that this session waits for. REQUIRES: it waits. */
  step(): CycleStep {
    if (this.#waiting === undefined) throw new Error(`Transaction ${this.id} does not wait for a lock.`);
    return { transactionId: this.id, ...this.#waiting.target, mode: this.#waiting.mode };
  }

  report(): LockReport {
    const held: HeldLock[] = [];
    for (const [key, mode] of this.#keys) held.push({ transactionId: this.id, key, mode });
    for (const range of this.#ranges) held.push({ transactionId: this.id, range, mode: 'shared' });
    if (this.#waiting === undefined) return { held, waiting: [] };
    const waitsFor = Array.from(this.holdersAwaited(), (holder) => holder.id);
    if (waitsFor.length > 0) return { held, waiting: [{ ...this.step(), waitsFor }] };
    // No holder blocks the request any more. Only the callback is still pending, so report the lock as held.
    return { held: [...held, this.step()], waiting: [] };
  }

  #request(
    target: LockTarget,
    mode: LockMode,
    stripes: readonly Stripe<MutexLockSession>[],
  ): Promise<void> | undefined {
    const missing = this.#takeFree(stripes);
    const [first] = missing;
    if (first === undefined) {
      this.#remember(target, mode);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const ticket = this.#queueFor(first);
      this.#waiting = { target, mode, stripes: missing, ticket, resolve, reject };
      this.#table.breakDeadlocks(this);
    });
  }

  #tryRequest(target: LockTarget, mode: LockMode, stripes: readonly Stripe<MutexLockSession>[]): boolean {
    if (stripes.some((stripe) => stripe.holder !== undefined && stripe.holder !== this)) return false;
    this.#takeFree(stripes);
    this.#remember(target, mode);
    return true;
  }

  /** Takes the stripes in order until one is not free. Returns that stripe and all stripes after it. */
  #takeFree(stripes: readonly Stripe<MutexLockSession>[]): readonly Stripe<MutexLockSession>[] {
    for (const [index, stripe] of stripes.entries()) {
      if (this.#stripes.has(stripe)) continue;
      if (!stripe.tryTake(this)) return stripes.slice(index);
      this.#stripes.add(stripe);
    }
    return [];
  }

  #queueFor(stripe: Stripe<MutexLockSession>): Ticket<MutexLockSession> {
    return stripe.wait(this, () => this.#handedOver(stripe));
  }

  #handedOver(stripe: Stripe<MutexLockSession>): void {
    const waiting = this.#waiting;
    if (waiting === undefined)
      throw new Error('A stripe was handed to a session that does not wait for one.');
    this.#stripes.add(stripe);
    waiting.stripes = this.#takeFree(waiting.stripes);
    const [next] = waiting.stripes;
    if (next === undefined) {
      this.#waiting = undefined;
      this.#remember(waiting.target, waiting.mode);
      waiting.resolve();
      return;
    }
    waiting.ticket = this.#queueFor(next);
    this.#table.breakDeadlocks(this);
  }

  #remember(target: LockTarget, mode: LockMode): void {
    if (target.key !== undefined) {
      if (this.#keys.get(target.key) !== 'exclusive') this.#keys.set(target.key, mode);
      return;
    }
    const { range } = target;
    if (this.#ranges.some((held) => coversRange(held, range))) return;
    this.#ranges = this.#ranges.filter((held) => !coversRange(range, held));
    this.#ranges.push(range);
  }
}
