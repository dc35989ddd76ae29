import { conflict, type LockRules, lockOn, NO_LOCKS, needsOf } from './lock-model.ts';
import type { Operation } from './operation.ts';
import type { Event, Key } from './program.ts';
import type { TransactionActor } from './transaction-actor.ts';

/** The expected outcome of a request, computed before it is made. */
export interface Expectation {
  /**
   * Whether another transaction may hold a conflicting lock, or may wait for one. If not, the request must
   * not wait.
   */
  readonly mayWait: boolean;
  /** A transaction that waits for a conflicting lock and that this request must not overtake. */
  readonly ahead: TransactionActor | undefined;
}

export function expectation(
  requester: TransactionActor,
  event: Event,
  others: readonly TransactionActor[],
  rules: LockRules,
): Expectation {
  const needs = needsOf(event);
  let mayWait = false;
  let ahead: TransactionActor | undefined;
  for (const other of others) {
    if (other === requester || other.end !== undefined) continue;
    const queued = other.isWaiting && other.pending !== undefined ? other.pending.event : undefined;
    const conflictsQueued = queued !== undefined && conflict(rules, needs, needsOf(queued));
    mayWait ||= conflictsQueued || conflict(rules, needs, other.mayHold);
    // No transaction waits for a transaction that has done nothing yet. So the exceptions from first come,
    // first served do not apply.
    if (conflictsQueued && requester.operations.length === 0 && areExact(event, queued, rules)) ahead = other;
  }
  return { mayWait, ahead };
}

/**
 * Returns a transaction that waits although no running transaction blocks it, directly or through other
 * waiters. Returns `undefined` if there is none. This detects a missing grant immediately, not only at the
 * end of the schedule.
 */
export function strandedAmong(
  transactions: readonly TransactionActor[],
  rules: LockRules,
): TransactionActor | undefined {
  const alive = transactions.filter(({ end }) => end === undefined);
  const stranded = new Set(alive.filter(({ isWaiting }) => isWaiting));
  const moving = alive.filter((actor) => !stranded.has(actor));
  for (const blocker of moving) {
    for (const actor of stranded) {
      const needs = actor.pending === undefined ? NO_LOCKS : needsOf(actor.pending.event);
      if (!conflict(rules, needs, blocker.uses)) continue;
      stranded.delete(actor);
      moving.push(actor);
    }
  }
  const [first] = stranded;
  return first;
}

/**
 * Returns a key that a `skipLocked` scan skipped although no other transaction can have locked the key.
 * Returns `undefined` if there is no such key.
 */
export function wronglySkipped(
  scan: Operation,
  visible: readonly Key[],
  others: readonly TransactionActor[],
  rules: LockRules,
): Key | undefined {
  return visible.find(
    (key) =>
      scan.keys.includes(key) &&
      !scan.found(key) &&
      !others.some(({ end, uses }) => end === undefined && conflict(rules, lockOn(key, true), uses)),
  );
}

/**
 * Returns whether the locks of both requests are known exactly. The locks of a scan for update are not known
 * exactly.
 */
function areExact(request: Event, queued: Event, { readersShare }: LockRules): boolean {
  return [request, queued].every(({ op }) =>
    op.startsWith('scan') ? readersShare && op !== 'scanForUpdate' && op !== 'scanSkipLocked' : true,
  );
}
