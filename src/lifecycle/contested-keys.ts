import type { Clock } from '../contract/clock.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Transaction } from '../contract/store.ts';

/**
 * The keys over which a piece of work has been the victim of deadlocks. The next attempt locks them before
 * the work begins: it queues for them while it holds nothing, and in an order that all who do so share, so
 * that they make no victims of each other. Two who want to write what both have read deadlock whenever they
 * meet, so one such deadlock is enough; any other may have been chance, and only the second is worth locks
 * that the work may not need. Of a range there is no key to queue for.
 */
export class ContestedKeys {
  readonly #keys = new Set<string>();
  #deadlocks = 0;
  #hasUpgraded = false;

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
   * Locks the keys exclusively. The work may go another way this time and need none of them, so a key that
   * cannot be had in time is left to the work.
   * @param longestMs the longest wait for all of them
   * @throws what ended the transaction meanwhile
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
