import type { LockStrategy } from '../lock-strategy.ts';
import { KeyLockManager } from './key-lock-manager.ts';

/**
 * Returns the default strategy: shared and exclusive locks on single keys and on ranges. Transactions that
 * touch different keys never wait for each other. Never throws.
 * @example
 * const store = new MemStore({ locks: keyLocks() });
 */
export function keyLocks(): LockStrategy {
  return { name: 'keyLocks', create: (host) => new KeyLockManager(host) };
}
