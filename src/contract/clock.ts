/** The handle of a timer. {@link Clock.setTimer} returns it, and {@link Clock.clearTimer} cancels it. */
export type Timer = unknown;

/**
 * The source of time of a store. Tests pass a fake clock that they advance by hand, so they need no sleeps.
 */
export interface Clock {
  /**
   * Returns the milliseconds since the Unix epoch. Expiry times use this clock, so they stay valid after a
   * restart.
   */
  epochMs(): number;
  /**
   * Returns the milliseconds since an arbitrary fixed moment. The value never decreases. Waits and idle times
   * use this clock.
   */
  monotonicMs(): number;
  /**
   * Calls the callback once, after `delayMs` milliseconds. The call may come earlier if the delay exceeds the
   * longest delay of the platform's timers.
   * @param keepAlive whether the pending timer keeps the process running: `true` if a caller waits for it
   */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer;
  /** Cancels a timer. Does nothing if it has already fired. */
  clearTimer(timer: Timer): void;
  /** Resolves after one turn of the event loop. Long work awaits it between slices. */
  yieldTurn(): Promise<void>;
}

// In a browser, a timer is a number and has no `unref`.
interface Unrefable {
  unref?: () => void;
}

// A longer delay would overflow the platform's timers, and they would fire immediately.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * The clock of the platform. It looks up the global functions at each call, so that fake timers take effect.
 */
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
