import type { WaitOptions } from '../contract/options.ts';
import { refuseIfAborted, unlessAborted } from '../lifecycle/cancellation.ts';
import { Lane } from '../lifecycle/lane.ts';

/**
 * The calls of a transaction whose requests cannot be sent at once. A `next()` needs the reply to the
 * previous `next()` of its scan before it can be sent. All later calls wait too, so that requests are sent in
 * the order of the calls.
 */
export class UnsentCalls {
  readonly #lane = new Lane();
  /** The calls that have not settled: those that were delayed, and each `next()`. */
  readonly #pending = new Set<Promise<unknown>>();
  #cancellation: { error: unknown } = { error: undefined };

  /** True when every earlier call has been sent. */
  get isFree(): boolean {
    return this.#lane.isFree;
  }

  /** Makes a call once every earlier call has been sent, unless `cancel` or its signal comes first. */
  run<T>(call: () => T | Promise<T>, options?: WaitOptions): Promise<T> {
    const cancellation = this.#cancellation;
    const step = (): T | Promise<T> => {
      if (cancellation !== this.#cancellation) throw cancellation.error;
      refuseIfAborted(options);
      return call();
    };
    // A free lane runs the step synchronously, and the step may throw.
    const settled = new Promise<T>((resolve) => resolve(this.#lane.run(step)));
    return this.track(unlessAborted(settled, options?.signal));
  }

  /** Remembers a call until it settles. */
  track<T>(call: Promise<T>): Promise<T> {
    this.#pending.add(call);
    const forget = (): void => void this.#pending.delete(call);
    call.then(forget, forget);
    return call;
  }

  /** Resolves when every pending call has succeeded, and rejects with the first failure. */
  join(): Promise<unknown> | undefined {
    return this.#pending.size === 0 ? undefined : Promise.all(this.#pending);
  }

  /** Refuses every call that has not been sent. */
  cancel(error: unknown): void {
    this.#cancellation.error = error;
    this.#cancellation = { error: undefined };
  }
}
