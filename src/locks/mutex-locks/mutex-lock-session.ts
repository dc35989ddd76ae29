import { coversRange, isEmptyRange, type KeyRange } from '../../contract/key-range.ts';
import type { CycleStep, HeldLock, LockMode, LockReport, LockTarget } from '../../contract/lock-report.ts';
import type { LockOwner, LockSession } from '../lock-strategy.ts';
import type { Stripe, Ticket } from './stripe.ts';

/** What a session needs of its manager. */
export interface StripeTable {
  readonly stripes: readonly Stripe<MutexLockSession>[];
  stripeOf(key: string): Stripe<MutexLockSession>;
  /** To be called when a session has just begun to wait. */
  breakDeadlocks(requester: MutexLockSession): void;
}

/** A request that has met a stripe that is not free. */
interface Waiting {
  readonly target: LockTarget;
  readonly mode: LockMode;
  /** The stripes still to be taken, the one that it waits for first. */
  stripes: readonly Stripe<MutexLockSession>[];
  ticket: Ticket<MutexLockSession>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The stripes that one transaction holds, and the locks it asked for to get them. */
export class MutexLockSession implements LockSession {
  readonly owner: LockOwner;
  readonly #table: StripeTable;
  readonly #stripes = new Set<Stripe<MutexLockSession>>();
  // Only reports read what was asked for: a stripe makes no difference between keys, nor between modes.
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
   * Stripes that the request had already taken stay taken to the end, as everything does in two-phase
   * locking.
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
   * The holders of all stripes that this session has yet to take, not of the next one alone: it needs them
   * all. A stripe that was handed over is no longer waited for, although the news is still on its way.
   */
  holdersAwaited(): Set<MutexLockSession> {
    const holders = new Set<MutexLockSession>();
    for (const { holder } of this.#waiting?.stripes ?? []) {
      if (holder !== undefined && holder !== this) holders.add(holder);
    }
    return holders;
  }

  /** What this session waits for. REQUIRES: it waits. */
  step(): CycleStep {
    if (this.#waiting === undefined) throw new Error(`transaction ${this.id} does not wait`);
    return { transactionId: this.id, ...this.#waiting.target, mode: this.#waiting.mode };
  }

  report(): LockReport {
    const held: HeldLock[] = [];
    for (const [key, mode] of this.#keys) held.push({ transactionId: this.id, key, mode });
    for (const range of this.#ranges) held.push({ transactionId: this.id, range, mode: 'shared' });
    if (this.#waiting === undefined) return { held, waiting: [] };
    const waitsFor = Array.from(this.holdersAwaited(), (holder) => holder.id);
    if (waitsFor.length > 0) return { held, waiting: [{ ...this.step(), waitsFor }] };
    // Nobody is in the way any more: all that is missing is the news.
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

  /**
   * Takes the stripes in their order up to the first that is not free; returns that one and those behind it.
   */
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
    if (waiting === undefined) throw new Error('a stripe was handed to a session that does not wait');
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
