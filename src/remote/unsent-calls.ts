import type { WaitOptions } from '../contract/options.ts';
import { refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
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

  /** Makes a call once every earlier call has been sent. `cancel` or the call's signal can prevent that. */
  run<T>(call: () => T | Promise<T>, options?: WaitOptions): Promise<T> {
    const cancellation = this.#cancellation;
    const step = (): T | Promise<T> => {
      if (cancellation !== this.#cancellation) throw cancellation.error;
      refuseIfAborted(options);
      return call();
    };
    // A free lane runs the step synchronously. The promise turns an error of the step into a rejection.
    const settled = new Promise<T>((resolve) => resolve(this.#lane.run(step)));
    return this.track(unlessAborted(settled, options?.signal));
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
