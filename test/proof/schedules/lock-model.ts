import { type Event, KEYS, type Key } from './program.ts';

/**
 * The rules for conflicts of locks. They do not cover queues, tickets or grants. A victim is checked against
 * holders only, because no order of a queue can remove a holder.
 */
export interface LockRules {
  /** Whether shared locks are compatible with each other. */
  readonly readersShare: boolean;
  /** Whether the two keys have separate locks. */
  readonly keysApart: boolean;
}

/**
 * A set of locks as bits, because millions of sets are compared. Each key has one bit for the shared lock
 * and, further up, one for the exclusive lock.
 */
export type LockSet = number;

const EXCLUSIVE_SHIFT = KEYS.length;
const ALL_KEYS = (1 << KEYS.length) - 1;

/**
 * The bit of a scan, in addition to the bits of its keys. A strategy with coarse ranges locks more keys than
 * the scan covers.
 */
const RANGE = 1 << (2 * EXCLUSIVE_SHIFT);

export const NO_LOCKS: LockSet = 0;

export function lockOn(key: Key, exclusive: boolean): LockSet {
  const shared = 1 << KEYS.indexOf(key);
  return exclusive ? shared << EXCLUSIVE_SHIFT : shared;
}

/** Returns the keys whose locks this request can affect or depend on, as bits. */
export function keysTouched(locks: LockSet, { keysApart }: LockRules): number {
  if (locks === NO_LOCKS) return 0;
  return keysApart && (locks & RANGE) === 0 ? keysOf(locks) : ALL_KEYS;
}

/** Returns the keys with any lock, as bits. */
export function keysOf(locks: LockSet): number {
  return (locks | (locks >> EXCLUSIVE_SHIFT)) & ALL_KEYS;
}

/**
 * Returns the locks that an event may take. A scan for update takes exclusive locks only on the keys it
 * finds.
 */
export function needsOf({ op, key }: Event): LockSet {
  switch (op) {
    case 'scan':
    case 'scanNoWait':
      return RANGE | (key === undefined ? ALL_KEYS : lockOn(key, false));
    case 'scanForUpdate':
      return RANGE | (key === undefined ? ALL_KEYS << EXCLUSIVE_SHIFT : lockOn(key, true));
    case 'scanSkipLocked':
      return key === undefined ? ALL_KEYS << EXCLUSIVE_SHIFT : lockOn(key, true);
    case 'get':
    case 'getNoWait':
      return key === undefined ? NO_LOCKS : lockOn(key, false);
    default:
      return key === undefined ? NO_LOCKS : lockOn(key, true);
  }
}

/**
 * Returns whether the transaction certainly holds all locks that an event needs. Such a step is granted
 * immediately and changes no holders and no queue. It reads and writes under a lock that excludes all others,
 * so its time makes no observable difference.
 */
export function isCovered(needs: LockSet, held: LockSet, rules: LockRules): boolean {
  const keys = keysTouched(held, rules);
  const exclusive = rules.readersShare ? held >> EXCLUSIVE_SHIFT : keys;
  // A range is locked in parts, so a range request is never covered as a whole.
  return (needs & RANGE) === 0 && (needs & ~(keys | (exclusive << EXCLUSIVE_SHIFT))) === 0;
}

/**
 * Returns whether an event may take several locks one after the other, so that it can hold some of them while
 * it waits for another lock.
 */
export function isGradual({ op }: Event): boolean {
  return op === 'scan' || op === 'scanNoWait' || op === 'scanForUpdate';
}

export function conflict({ readersShare, keysApart }: LockRules, one: LockSet, other: LockSet): boolean {
  if (one === NO_LOCKS || other === NO_LOCKS) return false;
  if (!keysApart) return true;
  if (!readersShare && ((one | other) & RANGE) !== 0) return true;
  if (!readersShare) return (keysOf(one) & keysOf(other)) !== 0;
  return ((one >> EXCLUSIVE_SHIFT) & keysOf(other)) !== 0 || (keysOf(one) & (other >> EXCLUSIVE_SHIFT)) !== 0;
}
