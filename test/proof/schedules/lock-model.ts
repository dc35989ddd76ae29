import { type Event, KEYS, type Key } from './program.ts';

/**
 * Which locks conflict. It knows nothing of queues, tickets or grants: a claim about a victim is checked
 * against holders alone, since no order of a queue can make a holder go away.
 */
export interface LockRules {
  /** Whether shared locks are compatible with each other. */
  readonly readersShare: boolean;
  /** Whether the two keys are locked apart. */
  readonly keysApart: boolean;
}

/**
 * A set of locks, as bits, because millions of them are compared: for each key one for the shared lock and,
 * further up, one for the exclusive lock.
 */
export type LockSet = number;

const EXCLUSIVE_SHIFT = KEYS.length;
const ALL_KEYS = (1 << KEYS.length) - 1;

/** Set besides the keys for a scan: a strategy whose ranges are coarse locks more than the keys it covers. */
const RANGE = 1 << (2 * EXCLUSIVE_SHIFT);

export const NO_LOCKS: LockSet = 0;

export function lockOn(key: Key, exclusive: boolean): LockSet {
  const shared = 1 << KEYS.indexOf(key);
  return exclusive ? shared << EXCLUSIVE_SHIFT : shared;
}

/** The keys that may make a difference to such a request, or to which it may make one, as bits. */
export function keysTouched(locks: LockSet, { keysApart }: LockRules): number {
  if (locks === NO_LOCKS) return 0;
  return keysApart && (locks & RANGE) === 0 ? keysOf(locks) : ALL_KEYS;
}

/** The keys that are locked at all, as bits. */
export function keysOf(locks: LockSet): number {
  return (locks | (locks >> EXCLUSIVE_SHIFT)) & ALL_KEYS;
}

/** The locks that an event may take. A scan for update takes exclusive ones only on what it finds. */
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
 * Whether an event asks for nothing that a transaction does not have for certain. Such a step is granted at
 * once whatever all others do, changes no list of holders and no queue, and reads and writes under a lock
 * that keeps everybody else away: nobody can tell when it is made.
 */
export function isCovered(needs: LockSet, held: LockSet, rules: LockRules): boolean {
  const keys = keysTouched(held, rules);
  const exclusive = rules.readersShare ? held >> EXCLUSIVE_SHIFT : keys;
  // A range is taken bit by bit, so what it needs is never covered as a whole.
  return (needs & RANGE) === 0 && (needs & ~(keys | (exclusive << EXCLUSIVE_SHIFT))) === 0;
}

/** True for an event that may take several locks one after the other, so that it can hold some and wait. */
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
