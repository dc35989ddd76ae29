import { covers } from '../../../contract/key-range.ts';
import type { LockMode, LockTarget } from '../../../contract/lock-report.ts';

/** A lock that is requested or held. */
export type Lock = LockTarget & { readonly mode: LockMode; readonly transactionId?: number };

/** Returns whether the two locks conflict if different transactions hold them. */
export function conflicts(left: Lock, right: Lock): boolean {
  return (left.mode === 'exclusive' || right.mode === 'exclusive') && overlap(left, right);
}

// Never compares two ranges, because range locks are shared and do not conflict.
function overlap(left: LockTarget, right: LockTarget): boolean {
  if (left.key === undefined) return right.key !== undefined && covers(left.range, right.key);
  return right.key === undefined ? covers(right.range, left.key) : left.key === right.key;
}

export function showLock(lock: Lock): string {
  const { range } = lock;
  const target = range === undefined ? JSON.stringify(lock.key) : `[${range.from}, ${range.to ?? 'end'})`;
  const owner = lock.transactionId === undefined ? '' : ` of transaction ${lock.transactionId}`;
  return `${lock.mode} lock${owner} on ${target}`;
}
