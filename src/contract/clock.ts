/** The handle of a timer, which {@link Clock.setTimer} returns and {@link Clock.clearTimer} takes. */
export type Timer = unknown;

/** The source of time for a store. Tests pass a clock that they move by hand, so that no test sleeps. */
export interface Clock {
  /**
   * Returns the milliseconds since the Unix epoch. Expiry times are stored in it, so that they stay valid
   * after a restart.
   */
  epochMs(): number;
  /**
   * Returns the milliseconds since some fixed moment. It never steps back. Waits and idle times are measured
   * with it.
   */
  monotonicMs(): number;
  /**
   * Calls back once, after `delayMs` milliseconds, or earlier if the platform's timers cannot wait so long.
   * @param keepAlive whether the pending timer keeps the process running: `true` if a caller waits for it
   */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer;
  /** Cancels a timer. Does nothing if the timer has fired. */
  clearTimer(timer: Timer): void;
  /** Resolves after one turn of the event loop. Long work awaits it between slices. */
  yieldTurn(): Promise<void>;
}

// A browser's timer is a number, which has nothing to unref.
interface Unrefable {
  unref?: () => void;
}

// A longer delay would overflow the platform's timers and fire at once.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The clock of the platform. It reads the globals at each call, so that fake timers take effect. */
export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer(callback, delayMs, keepAlive) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_DELAY_MS));
    if (!keepAlive) (timer as Unrefable).unref?.();
    return timer;
  },
  clearTimer(timer) {
    clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
  yieldTurn: () => new Promise((resolve) => setTimeout(resolve, 0)),
};
