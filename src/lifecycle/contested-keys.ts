import type { Clock } from '../contract/clock.ts';
import type { CycleStep } from '../contract/lock-report.ts';
import type { Transaction } from '../contract/transaction.ts';

/**
 * The keys of the deadlocks that one piece of work was a victim of. The next attempt locks them in key order
 * before the work begins, while it holds no other lock. So such attempts cannot deadlock with each other on
 * these keys.
 *
 * One deadlock is enough if a lock upgrade caused it. Two transactions that both read a key and then write it
 * always deadlock if they overlap. Any other deadlock may be a coincidence, so two of them are needed. Ranges
 * are ignored.
 */
export class ContestedKeys {
  readonly #keys = new Set<string>();
  #deadlocks = 0;
  #hasUpgraded = false;

  /** Adds the keys of a deadlock: the key that the victim waited for, and the key that it held. */
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
   * Locks the keys exclusively. Skips a key whose lock is not granted in time, because this attempt may not
   * need it.
   * @param longestMs the longest total wait for all keys
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
