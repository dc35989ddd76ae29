import { covers } from '../../../contract/key-range.ts';
import type { LockMode, LockTarget } from '../../../contract/lock-report.ts';

/** Something that is asked for, or held. */
export type Lock = LockTarget & { readonly mode: LockMode; readonly transactionId?: number };

/** True when two transactions may not hold these two locks at once. */
export function conflicts(left: Lock, right: Lock): boolean {
  return (left.mode === 'exclusive' || right.mode === 'exclusive') && overlap(left, right);
}

// Two ranges are never compared: range locks are shared, so that they do not conflict.
function overlap(left: LockTarget, right: LockTarget): boolean {
  if (left.key === undefined) return right.key !== undefined && covers(left.range, right.key);
  return right.key === undefined ? covers(right.range, left.key) : left.key === right.key;
}

export function showLock(lock: Lock): string {
  const { range } = lock;
  const target = range === undefined ? JSON.stringify(lock.key) : `[${range.from}, ${range.to ?? 'end'})`;
  const who = lock.transactionId === undefined ? '' : `transaction ${lock.transactionId}'s `;
  return `${who}${lock.mode} lock on ${target}`;
}
