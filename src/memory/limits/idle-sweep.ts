import type { Clock, Timer } from '../../contract/clock.ts';
import { idleTooLong } from '../../lifecycle/transaction-errors.ts';
import type { OpenTransaction } from './open-transactions.ts';

// The number of sweeps in one idle timeout. The first sweep that finds a transaction unused marks it as idle,
// and a later sweep ends it. So a transaction outlives its timeout by at most two intervals.
const SWEEPS_PER_TIMEOUT = 32;
// The most transactions that one sweep rolls back, which takes a few milliseconds. If there are more, the
// next sweep follows after `NEXT_SLICE_MS`.
const MAX_PER_SWEEP = 1024;
const NEXT_SLICE_MS = 1;

/** The transactions that a sweep checks. */
export interface SweptTransactions {
  readonly isEmpty: boolean;
  /** Returns a list that does not change while transactions end. */
  candidates(): readonly OpenTransaction[];
  timeoutMs(transaction: OpenTransaction): number;
}

/** Rolls back transactions that were not used for their idle timeout. */
export class IdleSweep {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #transactions: SweptTransactions;
  #timer: Timer | undefined = undefined;

  /** @param leastTimeoutMs the shortest idle timeout of the transactions */
  constructor(clock: Clock, leastTimeoutMs: number, transactions: SweptTransactions) {
    this.#clock = clock;
    this.#intervalMs = Math.max(leastTimeoutMs / SWEEPS_PER_TIMEOUT, 1);
    this.#transactions = transactions;
  }

  /** Starts sweeping, until no transactions are left. Many short transactions share one timer. */
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
