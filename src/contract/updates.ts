import type { ClearOptions, PutOptions, TouchOptions, UpdateOptions, WaitOptions } from './options.ts';
import type { BigIntKey, Key, NextValue, NumberKey } from './schema.ts';

/**
 * The operations that read and write in one step. Stores and transactions have them. On a store, each is a
 * transaction of its own. In a transaction, each takes an exclusive lock, which the transaction keeps.
 */
export interface Updates<S extends object> {
  /**
   * Replaces the value under a key with the one that `change` returns, or deletes the key if `change` returns
   * `undefined`. Returns a copy of the new value.
   *
   * `change` gets a copy of the value, or `undefined` if the key is absent. `change` runs once for each
   * attempt, while the key is locked exclusively. It may be async, and its time counts towards `idleTimeout`.
   * `change` must not wait for another operation on the same key, or of the same transaction, because that
   * operation waits for the update to end. The entry keeps its deadline unless an option gives a new one.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, READ_ONLY, LIMIT_EXCEEDED, DEADLOCK, LOCK_TIMEOUT,
   * LOCK_UNAVAILABLE; JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @throws the error that `change` throws; then nothing is changed
   * @example
   * const balance = await store.update('account:1', (before = 0) => before + 10);
   */
  update<K extends Key<S>, R extends S[K] | undefined>(
    key: K,
    change: (value: S[K] | undefined) => R | Promise<R>,
    options?: UpdateOptions,
  ): Promise<NextValue<S[K], R>>;
  /**
   * Adds a number to the number under a key, and returns the sum. An absent key counts as 0. The entry keeps
   * its deadline unless an option gives a new one.
   * @param by the number to add. @default 1
   * @throws {MemStoreError} INVALID_VALUE if the value is not a number, or the sum is not finite. Then the
   * value stays unchanged. Other codes are those of `update`
   * @example
   * const visits = await store.increment('visits:home');
   * const thisMinute = await store.increment('visits:9:41', 1, { initialTtl: 60_000 });
   */
  increment<K extends NumberKey<S>>(key: K, by?: number, options?: UpdateOptions): Promise<number>;
  /**
   * Adds a bigint to the bigint under a key, and returns the sum. An absent key counts as 0n.
   * @throws {MemStoreError} INVALID_VALUE if the value is not a bigint. Then the value stays unchanged. Other
   * codes are those of `update`
   * @example
   * const bytes = await store.increment('bytes:sent', 4_096n);
   */
  increment<K extends BigIntKey<S>>(key: K, by: bigint, options?: UpdateOptions): Promise<bigint>;
  /**
   * Deletes a key and returns the value that it had, or `undefined` if it was absent.
   * @throws {MemStoreError} INVALID_KEY, LIMIT_EXCEEDED, READ_ONLY, DEADLOCK, LOCK_TIMEOUT,
   * LOCK_UNAVAILABLE; JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @example
   * const session = await store.take('session:1');
   */
  take<K extends Key<S>>(key: K, options?: WaitOptions): Promise<S[K] | undefined>;
  /**
   * Puts a value under a key that is absent. Returns whether the value was put. On a store, if the committed
   * state has the key, returns `false` without waiting for a lock.
   * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, READ_ONLY, LIMIT_EXCEEDED, DEADLOCK, LOCK_TIMEOUT,
   * LOCK_UNAVAILABLE; JOURNAL_FULL and JOURNAL_FAILED with a journal
   * @example
   * const isMine = await store.putIfAbsent('session:7', { user: 'ada' }, { ttl: 30_000 });
   */
  putIfAbsent<K extends Key<S>>(key: K, value: S[K], options?: PutOptions): Promise<boolean>;
  /**
   * Sets the remaining TTL of an entry, and leaves its value. Returns `false` if the key is absent.
   * @throws {MemStoreError} INVALID_OPTION without `ttl`; other codes are those of `del`
   * @example
   * const isThere = await store.touch('session:1', { ttl: 30 * 60_000 });
   */
  touch(key: Key<S>, options: TouchOptions): Promise<boolean>;
  /**
   * Deletes every entry of a range in one transaction, and returns how many there were. No other transaction
   * can add an entry to the range before this transaction ends. Without a range, every entry is deleted.
   * @throws {MemStoreError} LIMIT_EXCEEDED if the range has more entries than a transaction may write; then
   * nothing is deleted. Other codes are those of `del`
   * @example
   * const deleted = await store.clear({ prefix: 'session:' });
   */
  clear(range?: ClearOptions): Promise<number>;
}
