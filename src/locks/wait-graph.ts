import type { CycleStep } from '../contract/lock-report.ts';
import type { LockOwner } from './lock-strategy.ts';

/**
 * The current waits between lock owners. The graph is not stored: its edges are computed from the lock
 * tables, so they are never stale.
 */
export interface WaitGraph<Owner extends LockOwner> {
  /**
   * Returns the holders that block the request of this owner, or none if it does not wait. These edges are
   * hard: they disappear only when the holder ends. A graph may omit holders that do not wait, because no
   * cycle contains them.
   */
  holdersAwaitedBy(owner: Owner): Iterable<Owner>;
  /**
   * Returns the waiters that this owner is queued behind. These edges are soft (PostgreSQL's term):
   * reordering the queue removes them. A graph may omit a waiter if everything that it waits for can be
   * reached through other edges.
   */
  waitersAheadOf(owner: Owner): Iterable<Owner>;
  /** Returns the lock that the owner waits for. */
  stepOf(owner: Owner): CycleStep;
}

type Successors<Owner> = (owner: Owner) => Iterable<Owner>;

/**
 * Returns a shortest cycle through `start` as a list of owners that begins with `start`, or undefined if
 * there is none. The search is breadth-first, because short cycles are easier to read. It is not recursive,
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
 * request blocks, and all of them contain the requester.
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
      // If a cycle had only older owners, the loop would have found that cycle before. So the owner of this
      // age is on the cycle.
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

/** Returns the possible ages of the youngest owner of a cycle through the requester, in ascending order. */
function agesFrom<Owner extends LockOwner>(requester: Owner, graph: WaitGraph<Owner>): number[] {
  const ages = Array.from(hardClosure(requester, graph), (owner) => owner.age);
  return ages.filter((age) => age >= requester.age).sort((a, b) => a - b);
}

/**
 * Returns whether the requester waits for itself, directly or through others. Queue-order edges count too.
 */
export function isInCycle<Owner extends LockOwner>(requester: Owner, graph: WaitGraph<Owner>): boolean {
  function* everyEdge(owner: Owner): Iterable<Owner> {
    yield* graph.holdersAwaitedBy(owner);
    yield* graph.waitersAheadOf(owner);
  }
  return findCycle(requester, everyEdge, () => true) !== undefined;
}

/**
 * Returns the owner and all owners that it waits for through hard edges, directly or through others. No
 * reordering of the queues changes this set.
 */
export function hardClosure<Owner extends LockOwner>(owner: Owner, graph: WaitGraph<Owner>): Set<Owner> {
  const closure = new Set([owner]);
  // The iterator of a Set also visits members that are added during the loop.
  for (const member of closure) for (const holder of graph.holdersAwaitedBy(member)) closure.add(holder);
  return closure;
}
