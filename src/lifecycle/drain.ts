import type { Clock } from '../contract/clock.ts';

/** The wait of a `close` for the open transactions of its store. */
export class Drain {
  #finish: (() => void) | undefined = undefined;

  /** Waits until `finish` is called, for at most a timeout. REQUIRES: a transaction is open. */
  wait(clock: Clock, timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clock.clearTimer(timer);
        this.#finish = undefined;
        resolve();
      };
      const timer = clock.setTimer(finish, timeoutMs, true);
      this.#finish = finish;
    });
  }

  /** Ends the wait because no transaction is open any more. Does nothing without a wait. */
  finish(): void {
    this.#finish?.();
  }
}
