import { conflict, type LockRules, needsOf } from './lock-model.ts';
import type { Event } from './program.ts';
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
    // Nobody can wait for one who has done nothing, so none of the exceptions from first come, first served applies.
    if (conflictsQueued && requester.operations.length === 0 && areExact(event, queued, rules)) ahead = other;
  }
  return { mayWait, ahead };
}

/** Whether it is known from outside which locks each of the two asks for: of a scan for update it is not. */
function areExact(request: Event, queued: Event, { readersShare }: LockRules): boolean {
  return [request, queued].every(({ op }) => (op === 'scan' ? readersShare : op !== 'scanForUpdate'));
}
