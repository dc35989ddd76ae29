import type { UpdateTtl } from '../contract/direct-operations.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { RangeOptions, UpdateOptions, WaitOptions } from '../contract/options.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';

/**
 * Adapts the operations that a store and a transaction have in common to `DirectOperations`. The methods are
 * async, because a store may throw synchronously or return a thenable or a promise from another realm.
 */
export abstract class PromisedOperations {
  readonly #target: ServedStore | ServedTransaction;

  constructor(target: ServedStore | ServedTransaction) {
    this.#target = target;
  }

  async put(
    key: string,
    value: unknown,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<void> {
    return this.#target.put(key, value, { ...wait, ttl });
  }

  async putMany(
    entries: Iterable<readonly [key: string, value: unknown]>,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<void> {
    return this.#target.putMany(entries, { ...wait, ttl });
  }

  async del(key: string, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#target.del(key, wait);
  }

  async update(
    key: string,
    change: (value: unknown) => unknown,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): Promise<unknown> {
    return this.#target.update(key, change, updateOptions(ttl, wait));
  }

  async increment(
    key: string,
    by: number | bigint,
    ttl: UpdateTtl | undefined,
    wait: WaitOptions | undefined,
  ): Promise<number | bigint> {
    // The overloads take one type of number each.
    return this.#target.increment(key, by as number, updateOptions(ttl, wait));
  }

  async take(key: string, wait: WaitOptions | undefined): Promise<unknown> {
    return this.#target.take(key, wait);
  }

  async putIfAbsent(
    key: string,
    value: unknown,
    ttl: number | undefined,
    wait: WaitOptions | undefined,
  ): Promise<boolean> {
    return this.#target.putIfAbsent(key, value, { ...wait, ttl });
  }

  async touch(key: string, ttl: number, wait: WaitOptions | undefined): Promise<boolean> {
    return this.#target.touch(key, { ...wait, ttl });
  }

  async clear(range: RangeBounds, wait: WaitOptions | undefined): Promise<number> {
    return this.#target.clear({ ...range, ...wait });
  }

  entries(range: RangeOptions | undefined): AsyncIterableIterator<[key: string, value: unknown]> {
    return this.#target.entries(range);
  }
}

/** Returns the options that give the time to live of an update. */
function updateOptions(ttl: UpdateTtl | undefined, wait: WaitOptions | undefined): UpdateOptions {
  if (ttl === undefined) return { ...wait };
  return ttl.isInitial ? { ...wait, initialTtl: ttl.ttlMs } : { ...wait, ttl: ttl.ttlMs };
}
