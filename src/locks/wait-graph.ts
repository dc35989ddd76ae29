import type { CycleStep } from '../contract/lock-report.ts';
import type { LockOwner } from './lock-strategy.ts';

/**
 * The current waits between the owners of locks. The graph is not stored: its edges are read from the lock
 * tables, so they are never stale.
 */
export interface WaitGraph<Owner extends LockOwner> {
  /**
   * Returns the holders that block the request of this owner, or none if it does not wait. These edges are
   * hard: only the end of the holder removes them. Holders that do not wait may be omitted, because they are
   * on no cycle.
   */
  holdersAwaitedBy(owner: Owner): Iterable<Owner>;
  /**
   * The waiters that this owner is queued behind. These edges are soft (PostgreSQL's term): another order
   * of the queue removes them. Waiters whose own waits are all reachable otherwise may be left out.
   */
  waitersAheadOf(owner: Owner): Iterable<Owner>;
  /** What the owner waits for. */
  stepOf(owner: Owner): CycleStep;
}

type Successors<Owner> = (owner: Owner) => Iterable<Owner>;

/**
 * A shortest cycle through `start`, as the owners on it in order, `start` first; undefined without one.
 * The search is breadth-first, because a short cycle is what a person can read, and has no recursion,
 * because chains of waits can be long.
 */
function findCycle<Owner extends LockOwner>(
  start: Owner,
  successors: Successors<Owner>,
  admits: (owner: Owner) => boolean,
): Owner[] | undefined {
  const reachedFrom = new Map<Owner, Owner>();
  const frontier = [start];
  for (const owner of frontier) {
    for (const next of successors(owner)) {
      if (next === start) return pathTo(owner, reachedFrom);
      if (reachedFrom.has(next) || !admits(next)) continue;
      reachedFrom.set(next, owner);
      frontier.push(next);
    }
  }
  return undefined;
}

function pathTo<Owner>(end: Owner, reachedFrom: ReadonlyMap<Owner, Owner>): Owner[] {
  const path: Owner[] = [];
  for (let owner: Owner | undefined = end; owner !== undefined; owner = reachedFrom.get(owner))
    path.push(owner);
  return path.reverse();
}

/**
 * Breaks every cycle of hard edges through a request that has just blocked. New cycles form only when a
 * request blocks, and then all of them pass through the requester.
 *
 * The victim of a cycle is its youngest owner. If there are several cycles, the one with the oldest victim is
 * broken first. No other owner of that cycle is the youngest of another cycle, so this victim is necessary.
 *
 * @param abortVictim must remove the victim's locks and its request before it returns
 */
export function breakHardCycles<Owner extends LockOwner>(
  requester: Owner,
  graph: WaitGraph<Owner>,
  abortVictim: (victim: Owner, cycle: readonly CycleStep[]) => void,
): void {
  const holders: Successors<Owner> = (owner) => graph.holdersAwaitedBy(owner);
  while (findCycle(requester, holders, () => true) !== undefined) {
    for (const age of agesFrom(requester, graph)) {
      const cycle = findCycle(requester, holders, (owner) => owner.age <= age);
      // There is no cycle of only older owners, so the owner of this age is on the cycle.
      const victim = cycle?.find((owner) => owner.age === age);
      if (cycle === undefined || victim === undefined) continue;
      abortVictim(
        victim,
        cycle.map((owner) => graph.stepOf(owner)),
      );
      break;
    }
  }
}

/** The ages that the youngest of a cycle through the requester can have, ascending. */
function agesFrom<Owner extends LockOwner>(requester: Owner, graph: WaitGraph<Owner>): number[] {
  const ages = Array.from(hardClosure(requester, graph), (owner) => owner.age);
  return ages.filter((age) => age >= requester.age).sort((a, b) => a - b);
}

/** True when the requester waits, directly or through others, for itself, queue-order edges included. */
export function isInCycle<Owner extends LockOwner>(requester: Owner, graph: WaitGraph<Owner>): boolean {
  function* everyEdge(owner: Owner): Iterable<Owner> {
    yield* graph.holdersAwaitedBy(owner);
    yield* graph.waitersAheadOf(owner);
  }
  return findCycle(requester, everyEdge, () => true) !== undefined;
}

/**
 * The owner and everybody whom it waits for through hard edges alone: whom it needs in any order of the
 * queues.
 */
export function hardClosure<Owner extends LockOwner>(owner: Owner, graph: WaitGraph<Owner>): Set<Owner> {
  const closure = new Set([owner]);
  // A Set's iterator also visits what is added while it runs.
  for (const member of closure) for (const holder of graph.holdersAwaitedBy(member)) closure.add(holder);
  return closure;
}
