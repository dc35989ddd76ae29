import type { LockRow, LockTarget, WaitingLock } from './lock-report.ts';

/** A key or a range, and the number of requests that wait for it. */
export type ContendedTarget = LockTarget & { readonly waiting: number };

/** A summary of the locks of a store. Its size does not depend on their number. */
export interface LockSummary {
  /** The number of held locks. */
  readonly held: number;
  /** The number of held locks that are exclusive. */
  readonly exclusive: number;
  /** The number of waiting requests. */
  readonly waiting: number;
  /** How long the oldest wait with a time limit has lasted, in milliseconds. `undefined` if there is none. */
  readonly longestWaitMs: number | undefined;
  /** The keys and ranges with the most waiting requests, in descending order. At most 10. */
  readonly contended: readonly ContendedTarget[];
  /** The waiting requests, at most 100 of them. */
  readonly waits: readonly WaitingLock[];
}

const MAX_CONTENDED = 10;
const MAX_WAITS = 100;

/** Builds a summary from the rows of a lock report. */
export class LockSummarizer {
  #held = 0;
  #exclusive = 0;
  #waiting = 0;
  readonly #waits: WaitingLock[] = [];
  /** The targets with waiting requests. The key of the map is the target as JSON. */
  readonly #contended = new Map<string, { readonly target: LockTarget; waiting: number }>();

  add([state, lock]: LockRow): void {
    if (state === 'held') {
      this.#held++;
      if (lock.mode === 'exclusive') this.#exclusive++;
      return;
    }
    this.#waiting++;
    if (this.#waits.length < MAX_WAITS) this.#waits.push(lock);
    const target: LockTarget = lock.key === undefined ? { range: lock.range } : { key: lock.key };
    const name = JSON.stringify(target);
    const contended = this.#contended.get(name);
    if (contended === undefined) this.#contended.set(name, { target, waiting: 1 });
    else contended.waiting++;
  }

  summary(longestWaitMs: number | undefined): LockSummary {
    const contended = [...this.#contended.values()]
      .sort((a, b) => b.waiting - a.waiting)
      .slice(0, MAX_CONTENDED)
      .map(({ target, waiting }) => ({ ...target, waiting }));
    return {
      held: this.#held,
      exclusive: this.#exclusive,
      waiting: this.#waiting,
      longestWaitMs,
      contended,
      waits: this.#waits,
    };
  }
}
