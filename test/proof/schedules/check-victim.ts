import { type CycleStep, type KeyRange, MemStoreError } from 'memstore-tx';
import {
  conflict,
  isGradual,
  keysOf,
  type LockRules,
  type LockSet,
  lockOn,
  NO_LOCKS,
  needsOf,
} from './lock-model.ts';
import type { Operation } from './operation.ts';
import { KEYS } from './program.ts';
import type { TransactionActor } from './transaction-actor.ts';

/**
 * Checks that a deadlock victim was necessary. A victim was necessary if each transaction of its cycle waits
 * for a lock, and the next transaction *holds* a conflicting lock. Then no order of the queues would let all
 * of them proceed. The error contains the cycle, and this function checks every step of the cycle.
 *
 * @param alive the transactions that may be in the cycle: those that had not ended before this step and were
 * not victims before
 * @returns a description of what is wrong, or `undefined`
 */
export function checkVictim(
  victim: Operation,
  alive: readonly TransactionActor[],
  rules: LockRules,
): string | undefined {
  const cycle = cycleOf(victim);
  if (cycle.length < 2) return `the error of the victim ${victim.actor} has no cycle`;
  const members = cycle.map((step) => alive.find(({ tx }) => tx?.id === step.transactionId));
  for (const [index, step] of cycle.entries()) {
    const member = members[index];
    const next = members[(index + 1) % members.length];
    if (member === undefined || next === undefined) return 'the cycle names a transaction that has ended';
    const needs = stepNeeds(step);
    if (!waitsFor(member, needs)) return `${member.number} does not wait for the lock that the cycle names`;
    if (!conflict(rules, needs, next.mayHold))
      return `${next.number} holds no lock that ${member.number} waits for, so reordering the queue lets both proceed`;
  }
  // Transactions are numbered by age.
  const youngest = Math.max(...members.map((member) => member?.number ?? -1));
  return youngest === victim.actor ? undefined : `${youngest} is younger than the victim ${victim.actor}`;
}

/** Returns the cycle from the error of a victim. */
function cycleOf({ error }: Operation): readonly CycleStep[] {
  return error instanceof MemStoreError ? (error.cycle ?? []) : [];
}

/**
 * Returns whether the victim was superfluous, because the end of `other` would have broken the cycle of the
 * victim too. The victim was necessary if the cycle of `other` arose only after the victim had ended. In that
 * case a scan was granted a lock and went on to wait for its next lock.
 */
export function isSparedBy(
  victim: Operation,
  other: Operation,
  transactions: readonly TransactionActor[],
): boolean {
  const cycle = cycleOf(victim);
  const actorOf = ({ transactionId }: CycleStep) => transactions.find(({ tx }) => tx?.id === transactionId);
  if (!cycle.some((step) => actorOf(step)?.number === other.actor)) return false;
  return cycleOf(other).every((step) => {
    const last = actorOf(step)?.operations.at(-1);
    if (last === undefined || !isGradual(last.event)) return true;
    return cycle.some(
      (before) => before.transactionId === step.transactionId && stepNeeds(before) === stepNeeds(step),
    );
  });
}

function stepNeeds({ key, range, mode }: CycleStep): LockSet {
  let needs = NO_LOCKS;
  for (const candidate of KEYS) {
    const isMeant = range === undefined ? candidate === key : covers(range, candidate);
    if (isMeant) needs |= lockOn(candidate, mode === 'exclusive');
  }
  return needs;
}

function waitsFor({ operations }: TransactionActor, needs: LockSet): boolean {
  const last = operations.at(-1);
  return last !== undefined && needs !== NO_LOCKS && (keysOf(needs) & ~keysOf(needsOf(last.event))) === 0;
}

function covers(range: KeyRange, key: string): boolean {
  return key >= range.from && (range.to === undefined || key < range.to);
}
