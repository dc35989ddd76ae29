import type { Clock } from '../contract/clock.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Transaction } from '../contract/transaction.ts';

/**
 * The keys over which a piece of work has been the victim of deadlocks. The next attempt locks them before
 * the work begins, in key order and while it holds no other lock, so such attempts cannot deadlock.
 *
 * This begins after one deadlock caused by a lock upgrade, because two transactions that write a key which
 * both have read always deadlock when they meet. Any other deadlock may have been chance, so it takes two.
 * Ranges are left out.
 */
export class ContestedKeys {
  readonly #keys = new Set<string>();
  #deadlocks = 0;
  #hasUpgraded = false;

  /** Adds the keys of a deadlock: the one that the victim waited for, and the one that it held. */
  note(victimId: number, cycle: readonly CycleStep[]): void {
    this.#deadlocks++;
    for (const [index, { transactionId, key }] of cycle.entries()) {
      if (transactionId !== victimId) continue;
      const heldKey = cycle.at(index - 1)?.key;
      for (const each of [key, heldKey]) if (each !== undefined) this.#keys.add(each);
      this.#hasUpgraded ||= key === heldKey;
    }
  }

  /**
   * Locks the keys exclusively. Skips a key whose lock is not granted in time, because the work may not need
   * it this time.
   * @param longestMs the longest wait for all of them
   * @throws the error that ended the transaction meanwhile
   */
  async lock<S extends object>(tx: Transaction<S>, clock: Clock, longestMs: number): Promise<void> {
    if (this.#deadlocks < 2 && !this.#hasUpgraded) return;
    const lastMs = clock.monotonicMs() + longestMs;
    for (const key of [...this.#keys].sort()) {
      const lockTimeout = Math.max(0, lastMs - clock.monotonicMs());
      try {
        await tx.getForUpdate(key as keyof S & string, { lockTimeout });
      } catch (error) {
        if (tx.status !== 'active') throw error;
      }
    }
  }
}
