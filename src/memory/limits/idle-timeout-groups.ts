import type { Clock } from '../../contract/clock.ts';
import { IdleSweep, type SweptTransactions } from './idle-sweep.ts';
import type { OpenTransaction } from './open-transactions.ts';

/** Transactions with similar timeouts. One sweep checks all of them. */
class Group implements SweptTransactions {
  readonly sweep: IdleSweep;
  readonly #timeoutsMs = new Map<OpenTransaction, number>();

  constructor(clock: Clock, leastTimeoutMs: number) {
    this.sweep = new IdleSweep(clock, leastTimeoutMs, this);
  }

  get isEmpty(): boolean {
    return this.#timeoutsMs.size === 0;
  }

  candidates(): OpenTransaction[] {
    return [...this.#timeoutsMs.keys()];
  }

  timeoutMs(transaction: OpenTransaction): number {
    return this.#timeoutsMs.get(transaction) ?? Number.POSITIVE_INFINITY;
  }

  add(transaction: OpenTransaction, timeoutMs: number): void {
    this.#timeoutsMs.set(transaction, timeoutMs);
    this.sweep.start();
  }

  delete(transaction: OpenTransaction): void {
    this.#timeoutsMs.delete(transaction);
  }
}

/**
 * The transactions that were begun with their own idle timeout. Timeouts with the same power of two share a
 * sweep. That keeps the number of timers small, and short timeouts do not cause frequent checks of long ones.
 */
export class IdleTimeoutGroups {
  readonly #clock: Clock;
  readonly #groups = new Map<number, Group>();
  readonly #groupOf = new Map<OpenTransaction, Group>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#groupOf.size === 0;
  }

  has(transaction: OpenTransaction): boolean {
    return this.#groupOf.has(transaction);
  }

  add(transaction: OpenTransaction, timeoutMs: number): void {
    const exponent = Math.max(0, Math.floor(Math.log2(timeoutMs)));
    let group = this.#groups.get(exponent);
    if (group === undefined) {
      group = new Group(this.#clock, 2 ** exponent);
      this.#groups.set(exponent, group);
    }
    group.add(transaction, timeoutMs);
    this.#groupOf.set(transaction, group);
  }

  delete(transaction: OpenTransaction): void {
    this.#groupOf.get(transaction)?.delete(transaction);
    this.#groupOf.delete(transaction);
  }

  stopSweeping(): void {
    for (const { sweep } of this.#groups.values()) sweep.stop();
  }
}
