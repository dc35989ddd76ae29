/** What a {@link Clock} gives for a timer, to be handed back when it is no longer needed. */
export type Timer = unknown;

/**
 * Time as the store sees it. Tests inject one that they move by hand, so that no test sleeps.
 */
export interface Clock {
  /**
   * Milliseconds since the Unix epoch. Expiry times are written in it, so that they mean the same after a
   * restart.
   */
  epochMs(): number;
  /** Milliseconds since some fixed moment, never stepping back. Waits and idle times are measured in it. */
  monotonicMs(): number;
  /**
   * Calls back once, after `delayMs`; earlier if that is longer than the platform's timers can wait.
   * @param keepAlive whether the pending timer keeps the process running: true when somebody waits for it.
   */
  setTimer(callback: () => void, delayMs: number, keepAlive: boolean): Timer;
  clearTimer(timer: Timer): void;
  /**
   * Resolves when whatever else is due in the event loop has had its turn. Long work calls it between slices.
   */
  yieldTurn(): Promise<void>;
}

// A browser's timer is a number, which has nothing to unref.
interface Unrefable {
  unref?: () => void;
}

// A longer delay would overflow the platform's timers and fire at once.
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The clock of the platform, read through the globals at each call so that fake timers take effect. */
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
