import { conflict, type LockRules, type LockSet } from './lock-model.ts';

/** The effects of a step that matter for its order relative to adjacent steps. */
export interface StepRecord {
  readonly actor: number;
  /** The kind of the step. The order of an `environment` step relative to all others matters. */
  readonly kind: 'transaction' | 'snapshot' | 'environment';
  /**
   * The locks that the step requested. If other transactions were granted a lock or ended in this step, also
   * includes all locks that they may have held or waited for.
   */
  readonly locks: LockSet;
  /** Whether its transaction ended in this step. */
  readonly isEnd: boolean;
  /**
   * Whether the step completed immediately and had no effect on other transactions, and no transaction waits
   * for a key of its locks.
   */
  readonly isNeutral: boolean;
}

/**
 * Returns whether two possible next steps can be made in either order. Then both orders lead to the same
 * state, each step has the same result, and the same steps can follow. The decision uses the effects of each
 * step when it was made first.
 *
 * The result of a request depends on the holders of conflicting locks, on their waiters, and on the wait-for
 * graph. A neutral step only changes the holders of keys that no transaction waits for, so it adds and
 * removes no edge of that graph. So it does not affect a step whose locks do not conflict, even if that step
 * waits, grants locks or has victims. The converse holds too. The other step only changes queues and holders
 * of its own keys. Its victims are waiters, and the transaction of the neutral step does not wait.
 *
 * Two holders of a shared lock may be listed in another order, and the cycle search may visit them in another
 * order. The choice of the victim does not depend on that: see `breakHardCycles`. The order of two commits
 * does not affect the serial order if neither transaction wrote a key that the other transaction used.
 *
 * A snapshot takes no lock, and only commits affect its reads. So its steps can be exchanged with those of
 * transactions, unless one of the steps is an end.
 */
export function areIndependent(one: StepRecord, other: StepRecord, rules: LockRules): boolean {
  if (one.kind === 'environment' || other.kind === 'environment' || one.actor === other.actor) return false;
  if (one.kind !== other.kind) return !(one.kind === 'snapshot' ? other : one).isEnd;
  if (one.kind === 'snapshot') return false;
  return (one.isNeutral || other.isNeutral) && !conflict(rules, one.locks, other.locks);
}
