import type { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';
import { unlessAborted } from '../lifecycle/cancellation.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';

type Phase = 'opening' | 'open' | 'closed' | 'failed';

/**
 * Tracks whether a store accepts new work, and if not, the reason. A store without a journal is open from the
 * start.
 */
export class StoreState {
  #phase: Phase = 'open';
  /** Resolves when the journal is loaded, or when loading it failed. Never rejects. */
  #loaded: Promise<void> = Promise.resolve();
  /** The error that prevented the store from opening, or made it fail later. */
  #error: MemStoreError | undefined = undefined;

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Opens the store when its journal is loaded. Closes it if loading fails. */
  openAfter(loading: Promise<void>): void {
    this.#phase = 'opening';
    this.#loaded = loading.then(
      () => {
        if (this.#phase === 'opening') this.#phase = 'open';
      },
      (cause: unknown) => {
        if (this.#phase === 'failed') return;
        this.#phase = 'closed';
        this.#error = storeClosed(cause);
      },
    );
  }

  /**
   * Refuses new work. If the journal is still being loaded, returns a promise that resolves when that ends.
   */
  close(): Promise<void> | undefined {
    const loading = this.#phase === 'opening' ? this.#loaded : undefined;
    if (this.#phase !== 'failed') this.#phase = 'closed';
    return loading;
  }

  /** Refuses new work from now on, because a change may be incomplete. */
  fail(error: MemStoreError): void {
    this.#phase = 'failed';
    this.#error = error;
  }

  /** The error of a store that has failed. Undefined if the store has not failed. */
  get failure(): MemStoreError | undefined {
    return this.#phase === 'failed' ? this.#error : undefined;
  }

  /** Returns the error that new work rejects with. REQUIRES: the store is not open. */
  refusal(): MemStoreError {
    return this.#error ?? storeClosed();
  }

  /**
   * Runs an action as soon as the journal is loaded.
   * @throws {MemStoreError} as a rejection: STORE_CLOSED, ABORTED, and the errors of the action
   */
  async whenOpen<T>(wait: WaitOptions | undefined, action: () => T | Promise<T>): Promise<T> {
    await unlessAborted(this.#loaded, wait?.signal);
    if (!this.isOpen) throw this.refusal();
    return action();
  }
}
