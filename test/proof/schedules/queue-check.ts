import { conflict, type LockRules, lockOn, NO_LOCKS, needsOf } from './lock-model.ts';
import type { Operation } from './operation.ts';
import type { Event, Key } from './program.ts';
import type { TransactionActor } from './transaction-actor.ts';

/** What is known before a request is made, to judge by what becomes of it. */
export interface Expectation {
  /** Somebody may hold, or waits for, a lock that conflicts: without that it must not wait. */
  readonly mayWait: boolean;
  /** Somebody who waits for a conflicting lock, and whom this request must not overtake. */
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
    // Nobody can wait for one who has done nothing, so none of the exceptions from first come, first served
    // applies.
    if (conflictsQueued && requester.operations.length === 0 && areExact(event, queued, rules)) ahead = other;
  }
  return { mayWait, ahead };
}

/**
 * Somebody who waits although nobody who can go on is in the way, be it through others who wait; undefined if
 * there is none. So a lock that was free for somebody and was not given is seen at once, and not only when
 * nobody is left to set things going again.
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
 * What a scan that skips locked rows left out although nobody else may have a lock on it; undefined if
 * nothing.
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

/** Whether it is known from outside which locks each of the two asks for: of a scan for update it is not. */
function areExact(request: Event, queued: Event, { readersShare }: LockRules): boolean {
  return [request, queued].every(({ op }) =>
    op.startsWith('scan') ? readersShare && op !== 'scanForUpdate' && op !== 'scanSkipLocked' : true,
  );
}
