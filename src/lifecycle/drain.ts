import type { Clock } from '../contract/clock.ts';

/** Lets `close` wait until no transaction of the store is open. */
export class Drain {
  #finish: (() => void) | undefined = undefined;

  /** Waits until `finish` is called, or until the timeout. REQUIRES: a transaction is open. */
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

  /** Ends the wait because the last transaction has ended. Does nothing if there is no wait. */
  finish(): void {
    this.#finish?.();
  }
}
