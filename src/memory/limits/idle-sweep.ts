import type { Clock, Timer } from '../../contract/clock.ts';
import { idleTooLong } from '../../lifecycle/transaction-errors.ts';
import type { OpenTransaction } from './open-transactions.ts';

// Sweeps in one idle timeout. A transaction counts as idle from the first sweep that finds it unused. A later
// sweep ends it. So it lives at most two intervals longer than its timeout.
const SWEEPS_PER_TIMEOUT = 32;
// One sweep rolls back at most this many, which takes a few milliseconds. The next sweep follows soon.
const MAX_PER_SWEEP = 1024;
const NEXT_SLICE_MS = 1;

/** The transactions that a sweep looks at. */
export interface SweptTransactions {
  readonly isEmpty: boolean;
  /** Returns a list that does not change while transactions end. */
  candidates(): readonly OpenTransaction[];
  timeoutMs(transaction: OpenTransaction): number;
}

/** Rolls back transactions that are not used for their idle timeout. */
export class IdleSweep {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #transactions: SweptTransactions;
  #timer: Timer | undefined = undefined;

  /** @param leastTimeoutMs the shortest timeout of the transactions. */
  constructor(clock: Clock, leastTimeoutMs: number, transactions: SweptTransactions) {
    this.#clock = clock;
    this.#intervalMs = Math.max(leastTimeoutMs / SWEEPS_PER_TIMEOUT, 1);
    this.#transactions = transactions;
  }

  /** Sweeps from now on, until there are no transactions. One timer outlives many short ones. */
  start(): void {
    if (this.#timer === undefined && this.#intervalMs !== Number.POSITIVE_INFINITY)
      this.#schedule(this.#intervalMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#clock.setTimer(() => this.#sweep(), delayMs, false);
  }

  #sweep(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    let left = MAX_PER_SWEEP;
    for (const transaction of this.#transactions.candidates()) {
      const { idleSinceMs } = transaction;
      if (idleSinceMs === undefined || transaction.isBusy) {
        transaction.idleSinceMs = nowMs;
        continue;
      }
      const timeoutMs = this.#transactions.timeoutMs(transaction);
      if (nowMs - idleSinceMs < timeoutMs || left-- <= 0) continue;
      transaction.abort(idleTooLong(transaction.id, timeoutMs));
    }
    if (!this.#transactions.isEmpty) this.#schedule(left < 0 ? NEXT_SLICE_MS : this.#intervalMs);
  }
}
