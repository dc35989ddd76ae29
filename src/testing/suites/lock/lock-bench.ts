import type { CycleStep, LockReport } from '../../../contract/lock-report.ts';
import type { LockHost, LockManager, LockOwner, LockStrategy } from '../../../locks/lock-strategy.ts';
import { assert, assertEqual } from '../../assert.ts';
import { BenchTransaction } from './bench-transaction.ts';
import { conflicts, showLock } from './conflicts.ts';
import { settled } from './lock-request.ts';

/** A deadlock as the host was told of it. */
export interface Victim {
  readonly id: number;
  readonly cycle: readonly CycleStep[];
}

type FiveTransactions = readonly [
  BenchTransaction,
  BenchTransaction,
  BenchTransaction,
  BenchTransaction,
  BenchTransaction,
];

/**
 * A lock manager under test, and the simplest host that does what the contract asks of one. It also judges
 * every deadlock that it is told of against the manager's own report.
 */
export class LockBench implements LockHost {
  readonly manager: LockManager;
  readonly coarse: boolean;
  readonly victims: Victim[] = [];
  readonly #transactions = new Map<number, BenchTransaction>();
  #lastId = 0;
  #complaint: unknown;

  constructor(strategy: LockStrategy, coarse: boolean) {
    this.coarse = coarse;
    this.manager = strategy.create(this);
  }

  begin(age?: number): BenchTransaction {
    const id = ++this.#lastId;
    const owner: LockOwner = { id, age: age ?? id };
    const transaction = new BenchTransaction(owner, this.manager.session(owner));
    this.#transactions.set(id, transaction);
    return transaction;
  }

  /** New transactions from old to young, as many as any case needs. */
  begins(): FiveTransactions {
    return [this.begin(), this.begin(), this.begin(), this.begin(), this.begin()];
  }

  get live(): readonly BenchTransaction[] {
    return [...this.#transactions.values()].filter((transaction) => transaction.isLive);
  }

  abortVictim(victim: LockOwner, cycle: readonly CycleStep[]): void {
    this.victims.push({ id: victim.id, cycle });
    // Thrown here, a complaint would pass through the strategy under test, which might swallow it.
    try {
      this.#judgeDeadlock(victim, cycle);
    } catch (error) {
      this.#complaint ??= error;
    }
    this.#transactions.get(victim.id)?.abort();
  }

  #judgeDeadlock(victim: LockOwner, cycle: readonly CycleStep[]): void {
    const members = cycle.map((step) => this.#transactions.get(step.transactionId));
    assert(
      cycle.length >= 2 && new Set(members).size === members.length,
      'a cycle has different transactions',
    );
    const ages = members.map((member) => member?.owner.age ?? Number.NaN);
    assertEqual(victim.age, Math.max(...ages), 'the age of the victim, the youngest of the cycle');
    const report = this.manager.report();
    for (const [index, step] of cycle.entries()) {
      this.#judgeStep(step, (cycle[index + 1] ?? cycle[0])?.transactionId, report);
    }
  }

  #judgeStep(step: CycleStep, nextId: number | undefined, report: LockReport): void {
    const waiting = report.waiting.find(({ transactionId }) => transactionId === step.transactionId);
    assert(waiting !== undefined, `${showLock(step)} waits`);
    const { waitsFor, ...asked } = waiting;
    assertEqual({ ...step }, asked, 'the step of a cycle, as against what its transaction waits for');
    assert(
      waitsFor.some((id) => id === nextId),
      `${showLock(step)} waits for transaction ${nextId}`,
    );
    if (this.coarse) return;
    const blocks = report.held.some((held) => held.transactionId === nextId && conflicts(held, step));
    assert(blocks, `transaction ${nextId} holds a lock that is in the way of ${showLock(step)}`);
  }

  /** Fails when something was wrong with a deadlock, and unless these were the victims, in any order. */
  expectVictims(...expected: readonly BenchTransaction[]): void {
    if (this.#complaint !== undefined) throw this.#complaint;
    const ids = (list: readonly { readonly id: number }[]) => list.map(({ id }) => id).sort((a, b) => a - b);
    assertEqual(ids(this.victims), ids(expected), 'the victims');
  }

  /** Ends the transactions that do not wait until none is left; fails when those that are left all wait. */
  async drain(): Promise<void> {
    for (;;) {
      await settled();
      const { live } = this;
      if (live.length === 0) return;
      const next = live.find((transaction) => !transaction.isWaiting);
      assert(next !== undefined, `somebody can go on: ${JSON.stringify(this.manager.report())}`);
      next.end();
    }
  }

  /** What must be true at the end of every case: everybody can end, everything settles, nothing remains. */
  async finish(): Promise<void> {
    await this.drain();
    if (this.#complaint !== undefined) throw this.#complaint;
    assertEqual(this.manager.report(), { held: [], waiting: [] }, 'the report when all have ended');
    assert(this.manager.isIdle(), 'the manager is idle when all have ended');
    for (const transaction of this.#transactions.values()) transaction.expectAllSettled();
  }
}
