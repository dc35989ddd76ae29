import { conflict, type LockRules, type LockSet } from './lock-model.ts';

/** What a step did, as far as its order with its neighbours can matter. */
export interface StepRecord {
  readonly actor: number;
  /** `environment` for what happens around transactions, whose order with all else matters. */
  readonly kind: 'transaction' | 'snapshot' | 'environment';
  /**
   * What it asked for; and of everybody whom it let in or who ended in it, be it as its victim, all that they
   * may have held or waited for.
   */
  readonly locks: LockSet;
  /** Whether its transaction ended in it. */
  readonly isEnd: boolean;
  /**
   * It was done at once and changed nothing for anybody else, and nobody waits for any of the keys of its
   * locks.
   */
  readonly isNeutral: boolean;
}

/**
 * Whether two steps that could both be made next could as well be made in either order: then both orders lead
 * to the same state, each does the same in both, and all that can follow one can follow the other. It is
 * decided from what each did when it was made first.
 *
 * What a request depends on is who holds conflicting locks and who waits for them, and who waits for whom, as
 * a search for cycles finds it. A neutral step changes the list of holders of keys that nobody waits for, and
 * nothing else: no edge of that graph begins or ends there. So it makes no difference to a step whose locks
 * do not conflict with its own, whatever that one does: wait, let others in, or have victims. Nor the other
 * way round: the other changes queues and holders of the keys of its own locks alone, and makes a victim only
 * of those who wait, which the transaction of the neutral step does not.
 *
 * (Two who share a lock come in another order in the list of its holders, and the search for cycles may go
 * through them in another order. Who is the victim does not depend on that: see `breakHardCycles`. Who
 * committed first makes no difference to a serial order when neither wrote what the other touched.)
 *
 * A snapshot takes no lock, and what it reads changes with commits alone: so its steps and those of the
 * others may change places, whether anybody waits or not, unless one of them is an end.
 */
export function areIndependent(one: StepRecord, other: StepRecord, rules: LockRules): boolean {
  if (one.kind === 'environment' || other.kind === 'environment' || one.actor === other.actor) return false;
  if (one.kind !== other.kind) return !(one.kind === 'snapshot' ? other : one).isEnd;
  if (one.kind === 'snapshot') return false;
  return (one.isNeutral || other.isNeutral) && !conflict(rules, one.locks, other.locks);
}
