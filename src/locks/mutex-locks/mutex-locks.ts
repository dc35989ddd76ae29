import { checkOptions } from '../../arguments/check-options.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { LockStrategy } from '../lock-strategy.ts';
import { MutexLockManager } from './mutex-lock-manager.ts';

/** Options of {@link mutexLocks}. */
export interface MutexLocksOptions {
  /**
   * The number of mutexes, a positive integer. With more mutexes, unrelated keys share a mutex less often.
   * But a range lock costs more, because it takes all of them.
   * @default 64
   */
  readonly stripes?: number | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof MutexLocksOptions>(['stripes']);

/**
 * Returns a strategy of coarse locks: one mutex of the `async-mutex` library per stripe. The hash of a key
 * selects its stripe.
 *
 * Every lock on a key, shared or exclusive, takes the whole stripe, and a lock on a range takes all stripes.
 * So readers block each other, and so do keys of one stripe. The results are the same as with `keyLocks()`,
 * but there are more waits and deadlocks. It suits stores with few concurrent transactions. Tests also use it
 * to check that the lock contract does not depend on one implementation.
 * @throws {MemStoreError} INVALID_OPTION if `stripes` is not a positive integer, or an option is unknown
 * @example
 * const store = new MemStore({ locks: mutexLocks({ stripes: 128 }) });
 */
export function mutexLocks(options: MutexLocksOptions = {}): LockStrategy {
  checkOptions(options, OPTION_NAMES);
  const { stripes = 64 } = options;
  if (!Number.isSafeInteger(stripes) || stripes < 1) {
    throw new MemStoreError('INVALID_OPTION', `stripes must be a positive integer, got ${String(stripes)}.`);
  }
  return { name: 'mutexLocks', create: (host) => new MutexLockManager(host, stripes) };
}
