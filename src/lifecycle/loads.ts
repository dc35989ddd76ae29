import { checkStorableKey } from '../arguments/check-keys.ts';
import { checkFunction } from '../arguments/check-options.ts';
import { readPutOptions } from '../arguments/read-options.ts';
import type { PutOptions } from '../contract/options.ts';
import { refuseIfAborted, unlessAborted } from './cancellation.ts';
import { storeClosed } from './store-closed.ts';

/** The operations of a store that `getOrPut` consists of. */
interface LoadingStore {
  get(key: string): Promise<unknown>;
  putIfAbsent(key: string, value: unknown, options?: PutOptions): Promise<boolean>;
}

interface Load {
  readonly value: Promise<unknown>;
  readonly reject: (reason: unknown) => void;
}

/**
 * The values that a store object is loading, by key. Callers of the same key share one load. The value is
 * loaded outside any lock.
 */
export class Loads {
  readonly #store: LoadingStore;
  readonly #copy: (value: unknown) => unknown;
  readonly #pending = new Map<string, Load>();

  /** @param copy returns what a store returns for a value that was put */
  constructor(store: LoadingStore, copy: (value: unknown) => unknown) {
    this.#store = store;
    this.#copy = copy;
  }

  /**
   * Returns the value under the key. If it is absent, loads it and puts it.
   * @throws {MemStoreError} the errors of `get` and `putIfAbsent`, ABORTED
   * @throws the error of `load`
   */
  async getOrPut(key: string, load: () => unknown, options: PutOptions | undefined): Promise<unknown> {
    const { wait, ttlMs } = readPutOptions(options);
    checkStorableKey(key);
    checkFunction('load', load);
    refuseIfAborted(wait);
    let pending = this.#pending.get(key);
    if (pending === undefined) {
      // The signal cancels only this caller, because others may share the load.
      pending = this.#start(key, load, { lockTimeout: wait?.lockTimeout, ttl: ttlMs });
      this.#pending.set(key, pending);
    }
    return this.#copy(await unlessAborted(pending.value, wait?.signal));
  }

  /** Rejects the callers of every pending load with STORE_CLOSED: a load may never end. */
  close(): void {
    for (const { reject } of this.#pending.values()) reject(storeClosed());
  }

  #start(key: string, load: () => unknown, options: PutOptions): Load {
    let reject: (reason: unknown) => void = () => {};
    const value = new Promise<unknown>((resolve, rejectValue) => {
      reject = rejectValue;
      this.#getOrLoad(key, load, options).then(resolve, rejectValue);
    });
    const forget = (): void => void this.#pending.delete(key);
    value.then(forget, forget);
    return { value, reject };
  }

  async #getOrLoad(key: string, load: () => unknown, options: PutOptions): Promise<unknown> {
    const found = await this.#store.get(key);
    if (found !== undefined) return found;
    const loaded = await load();
    if (loaded === undefined) return undefined;
    // A value that another caller has put since may be gone again.
    for (;;) {
      if (await this.#store.putIfAbsent(key, loaded, options)) return this.#copy(loaded);
      const stored = await this.#store.get(key);
      if (stored !== undefined) return stored;
    }
  }
}
