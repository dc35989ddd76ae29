import { checkOptions } from '../../arguments/check.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { LockStrategy } from '../lock-strategy.ts';
import { MutexLockManager } from './mutex-lock-manager.ts';

/** Options of {@link mutexLocks}. */
export interface MutexLocksOptions {
  /**
   * How many mutexes there are; a positive integer. More of them make it rarer that keys which have nothing
   * to do with each other share one, and make a range lock dearer, because it takes them all.
   * @default 64
   */
  readonly stripes?: number | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof MutexLocksOptions>(['stripes']);

/**
 * Coarse locks on the `async-mutex` library: one mutex per stripe, a key's stripe being chosen by its hash.
 *
 * Every lock, shared or exclusive, takes its stripe for itself, and a range takes all of them. So readers do
 * not share, and keys of the same stripe wait for each other; the answers a transaction gets are the same
 * as with `keyLocks()`, only the waits and the deadlocks are more. For stores with few concurrent
 * transactions, and as the second witness of what a lock strategy has to do.
 *
 * @throws MemStoreError `INVALID_OPTION` when `stripes` is not a positive integer, or an option is unknown.
 */
export function mutexLocks(options: MutexLocksOptions = {}): LockStrategy {
  checkOptions(options, OPTION_NAMES);
  const { stripes = 64 } = options;
  if (!Number.isSafeInteger(stripes) || stripes < 1) {
    throw new MemStoreError('INVALID_OPTION', `stripes must be a positive integer, not ${String(stripes)}`);
  }
  return { name: 'mutexLocks', create: (host) => new MutexLockManager(host, stripes) };
}
