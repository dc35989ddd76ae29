import type { WaitOptions } from '../contract/options.ts';
import { abortedBy } from '../lifecycle/cancellation.ts';
import { Lane } from '../lifecycle/lane.ts';

/**
 * The calls of a transaction whose requests cannot be sent yet. A `next()` can be sent only after the reply
 * to the previous `next()` of its scan. All later calls wait too, so that requests are sent in the order of
 * the calls.
 */
export class UnsentCalls {
  readonly #lane = new Lane();
  /** The delayed calls and the `next()` calls that have not settled. */
  readonly #pending = new Set<Promise<unknown>>();
  #cancellation: { error: unknown } = { error: undefined };

  /** Returns whether every earlier call has been sent. */
  get isFree(): boolean {
    return this.#lane.isFree;
  }

  /**
   * Makes a call once every earlier call has been sent. `cancel` or the call's signal can prevent that. Once
   * the call is made, it settles by itself, because the signal may come too late to cancel it.
   */
  run<T>(call: () => T | Promise<T>, options?: WaitOptions): Promise<T> {
    const cancellation = this.#cancellation;
    const signal = options?.signal;
    const settled = new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(abortedBy(signal));
      const step = (): T | Promise<T> => {
        signal?.removeEventListener('abort', onAbort);
        if (cancellation !== this.#cancellation) throw cancellation.error;
        if (signal?.aborted) throw abortedBy(signal);
        return call();
      };
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      // A free lane runs the step synchronously, and the step may throw.
      new Promise<T>((made) => made(this.#lane.run(step))).then(resolve, reject);
    });
    return this.track(settled);
  }

  /** Tracks a call until it settles, and returns it. */
  track<T>(call: Promise<T>): Promise<T> {
    this.#pending.add(call);
    const forget = (): void => void this.#pending.delete(call);
    call.then(forget, forget);
    return call;
  }

  /**
   * Returns a promise for the success of all pending calls, or `undefined` if none is pending. It rejects
   * with the first failure.
   */
  join(): Promise<unknown> | undefined {
    return this.#pending.size === 0 ? undefined : Promise.all(this.#pending);
  }

  /** Makes every unsent call throw this error instead of being sent. */
  cancel(error: unknown): void {
    this.#cancellation.error = error;
    this.#cancellation = { error: undefined };
  }
}
