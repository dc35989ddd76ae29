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
 * A victim is justified when there is a cycle in which each transaction waits for a lock that conflicts with
 * one that the next *holds*: no order of the queues would have let all of them through. The error brings the
 * cycle as a witness, and every step of it is checked here.
 *
 * @param alive those who may be in the cycle: neither ended before this step, nor a victim before this one
 * @returns what is wrong with it, or undefined
 */
export function checkVictim(
  victim: Operation,
  alive: readonly TransactionActor[],
  rules: LockRules,
): string | undefined {
  const cycle = cycleOf(victim);
  if (cycle.length < 2) return `the victim ${victim.actor} has no cycle`;
  const members = cycle.map((step) => alive.find(({ tx }) => tx?.id === step.transactionId));
  for (const [index, step] of cycle.entries()) {
    const member = members[index];
    const next = members[(index + 1) % members.length];
    if (member === undefined || next === undefined) return 'the cycle names a transaction that has ended';
    const needs = stepNeeds(step);
    if (!waitsFor(member, needs)) return `${member.number} does not wait for what the cycle says`;
    if (!conflict(rules, needs, next.mayHold))
      return `${next.number} holds nothing that ${member.number} waits for: another order of the queue lets both through`;
  }
  // They are numbered by age.
  const youngest = Math.max(...members.map((member) => member?.number ?? -1));
  return youngest === victim.actor ? undefined : `${youngest} is younger than the victim ${victim.actor}`;
}

/** The cycle that the error of a victim tells of. */
function cycleOf({ error }: Operation): readonly CycleStep[] {
  return error instanceof MemStoreError ? (error.cycle ?? []) : [];
}

/**
 * True when the end of another victim, which waits in the cycle of this one, would have been enough. It would
 * not have been if the other's cycle came about by the end of this one: a scan was handed a lock then, and
 * went on to wait for its next.
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
