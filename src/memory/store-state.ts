import type { MemStoreError } from '../contract/errors.ts';
import type { WaitOptions } from '../contract/options.ts';
import { unlessAborted } from '../lifecycle/cancellation.ts';
import { storeClosed } from '../lifecycle/store-closed.ts';

type Phase = 'opening' | 'open' | 'closed' | 'failed';

/** Tracks whether a store takes new work, and why not. Without a journal it is open from the start. */
export class StoreState {
  #phase: Phase = 'open';
  /** Settles when the store has loaded its journal, or has failed to. Never rejects. */
  #loaded: Promise<void> = Promise.resolve();
  /** Why the store could not be opened, or has failed. */
  #error: MemStoreError | undefined = undefined;

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Opens the store when its journal is loaded. If that fails, closes it. */
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

  /** Refuses new work. Returns a promise of the end of the loading if it is under way. */
  close(): Promise<void> | undefined {
    const loading = this.#phase === 'opening' ? this.#loaded : undefined;
    if (this.#phase !== 'failed') this.#phase = 'closed';
    return loading;
  }

  /** Refuses new work for ever, after a change that may be incomplete. */
  fail(error: MemStoreError): void {
    this.#phase = 'failed';
    this.#error = error;
  }

  /** The error with which the store has failed; undefined unless it has. */
  get failure(): MemStoreError | undefined {
    return this.#phase === 'failed' ? this.#error : undefined;
  }

  /** Returns the error for new work. REQUIRES: the store is not open. */
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
