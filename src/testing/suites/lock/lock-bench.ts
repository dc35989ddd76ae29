import type { CycleStep, LockReport } from '../../../contract/lock-report.ts';
import type { LockHost, LockManager, LockOwner, LockStrategy } from '../../../locks/lock-strategy.ts';
import { assert, assertEqual } from '../../assert.ts';
import { BenchTransaction } from './bench-transaction.ts';
import { conflicts, showLock } from './conflicts.ts';
import { settled } from './lock-request.ts';

/** A deadlock victim, as passed to the host. */
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
 * A lock manager under test, with the simplest host that meets the contract. It also checks every reported
 * deadlock against the manager's own report.
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

  /** Begins five transactions, from oldest to youngest. No case needs more. */
  begins(): FiveTransactions {
    return [this.begin(), this.begin(), this.begin(), this.begin(), this.begin()];
  }

  get live(): readonly BenchTransaction[] {
    return [...this.#transactions.values()].filter((transaction) => transaction.isLive);
  }

  abortVictim(victim: LockOwner, cycle: readonly CycleStep[]): void {
    this.victims.push({ id: victim.id, cycle });
    // The complaint is not thrown here, because the strategy under test might catch it.
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
      'a cycle consists of at least two different transactions',
    );
    const ages = members.map((member) => member?.owner.age ?? Number.NaN);
    assertEqual(
      victim.age,
      Math.max(...ages),
      'the age of the victim, which must be the youngest of the cycle',
    );
    const report = this.manager.report();
    for (const [index, step] of cycle.entries()) {
      this.#judgeStep(step, (cycle[index + 1] ?? cycle[0])?.transactionId, report);
    }
  }

  #judgeStep(step: CycleStep, nextId: number | undefined, report: LockReport): void {
    const waiting = report.waiting.find(({ transactionId }) => transactionId === step.transactionId);
    assert(waiting !== undefined, `${showLock(step)} waits`);
    const { waitsFor, ...asked } = waiting;
    assertEqual(
      { ...step },
      asked,
      'the step of a cycle, compared with the request its transaction waits for',
    );
    assert(
      waitsFor.some((id) => id === nextId),
      `${showLock(step)} waits for transaction ${nextId}`,
    );
    if (this.coarse) return;
    const blocks = report.held.some((held) => held.transactionId === nextId && conflicts(held, step));
    assert(blocks, `transaction ${nextId} holds a lock that conflicts with the ${showLock(step)}`);
  }

  /** Fails if a deadlock was reported wrongly, or if the victims are not the expected ones, in any order. */
  expectVictims(...expected: readonly BenchTransaction[]): void {
    if (this.#complaint !== undefined) throw this.#complaint;
    const ids = (list: readonly { readonly id: number }[]) => list.map(({ id }) => id).sort((a, b) => a - b);
    assertEqual(ids(this.victims), ids(expected), 'the victims');
  }

  /**
   * Ends the transactions that do not wait, one after the other, until no transaction is left. Fails if all
   * remaining transactions wait.
   */
  async drain(): Promise<void> {
    for (;;) {
      await settled();
      const { live } = this;
      if (live.length === 0) return;
      const next = live.find((transaction) => !transaction.isWaiting);
      assert(next !== undefined, `some transaction does not wait: ${JSON.stringify(this.manager.report())}`);
      next.end();
    }
  }

  /**
   * Checks the end of every case: all transactions can end, all promises are settled, and no lock remains.
   */
  async finish(): Promise<void> {
    await this.drain();
    if (this.#complaint !== undefined) throw this.#complaint;
    assertEqual(
      this.manager.report(),
      { held: [], waiting: [] },
      'the report after all transactions have ended',
    );
    assert(this.manager.isIdle(), 'the manager is idle after all transactions have ended');
    for (const transaction of this.#transactions.values()) transaction.expectAllSettled();
  }
}
