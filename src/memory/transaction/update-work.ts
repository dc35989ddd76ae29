import type { UpdateTtl } from '../../contract/direct-operations.ts';
import { CallerError } from '../../lifecycle/caller-error.ts';

/** Returns the next value of a key, or a promise of it. */
export type Change = (value: unknown) => unknown;

/** The progress of an `update`, whose step runs again after each wait. */
export class UpdateWork {
  readonly key: string;
  readonly ttl: UpdateTtl | undefined;
  /** The signal that cancels the update. */
  readonly signal: AbortSignal | undefined;
  readonly #change: Change;
  #isPending = false;
  /** The result or the error of the promise that `change` returned. */
  #outcome: { readonly value: unknown } | { readonly error: unknown } | undefined = undefined;

  constructor(key: string, change: Change, ttl: UpdateTtl | undefined, signal: AbortSignal | undefined) {
    this.key = key;
    this.#change = change;
    this.ttl = ttl;
    this.signal = signal;
  }

  /** Returns new work for another attempt at the update. */
  restart(): UpdateWork {
    return new UpdateWork(this.key, this.#change, this.ttl, this.signal);
  }

  /** True while the promise that `change` returned is pending. Meanwhile the transaction counts as idle. */
  get waitsForCaller(): boolean {
    return this.#isPending;
  }

  /** True if `change` has run and its promise has settled. */
  get isSettled(): boolean {
    return this.#outcome !== undefined;
  }

  /**
   * Runs `change` on the first call. Returns the result of `change`. If that result is a promise, returns a
   * promise that resolves when the result has settled.
   * @throws {CallerError} with the error of `change`
   */
  run(before: unknown): unknown {
    if (this.#outcome !== undefined) {
      if ('error' in this.#outcome) throw new CallerError(this.#outcome.error);
      return this.#outcome.value;
    }
    let changed: unknown;
    let isThenable: boolean;
    try {
      changed = this.#change(before);
      // Stores cannot keep functions, so a result with a `then` method can only be a promise.
      isThenable =
        typeof changed === 'object' && typeof (changed as PromiseLike<unknown>)?.then === 'function';
    } catch (error) {
      throw new CallerError(error);
    }
    return isThenable ? this.#settle(changed) : changed;
  }

  /** Resolves when the promise of `change` has settled. Never rejects. */
  async #settle(changed: unknown): Promise<void> {
    this.#isPending = true;
    try {
      this.#outcome = { value: await changed };
    } catch (error) {
      this.#outcome = { error };
    }
    this.#isPending = false;
  }
}
