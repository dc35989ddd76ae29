import { describe, expect, it } from 'vitest';
import { breakHardCycles, type WaitGraph } from '../../src/locks/wait-graph.ts';

interface Owner {
  readonly id: number;
  readonly age: number;
}

/**
 * Breaks the cycles through transaction 1 in a wait graph whose ids are also the ages. Returns the broken
 * cycles.
 */
function broken(waits: Readonly<Record<number, readonly number[]>>): number[][] {
  const owners = new Map(Object.keys(waits).map((id) => [Number(id), { id: Number(id), age: Number(id) }]));
  const gone = new Set<Owner>();
  const holders = (ids: readonly number[]): Owner[] =>
    ids.flatMap((id) => owners.get(id) ?? []).filter((owner) => !gone.has(owner));
  const graph: WaitGraph<Owner> = {
    holdersAwaitedBy: (owner) => (gone.has(owner) ? [] : holders(waits[owner.id] ?? [])),
    waitersAheadOf: () => [],
    stepOf: ({ id }) => ({ transactionId: id, key: 'k', mode: 'exclusive' }),
  };
  const cycles: number[][] = [];
  const requester = owners.get(1) as Owner;
  breakHardCycles(requester, graph, (victim, cycle) => {
    gone.add(victim);
    cycles.push([victim.id, ...cycle.map(({ transactionId }) => transactionId)]);
  });
  return cycles;
}

describe('the cycles through a request', () => {
  it('are broken at their youngest transaction', () => {
    expect(broken({ 1: [2], 2: [3], 3: [1] })).toEqual([[3, 1, 2, 3]]);
    expect(broken({ 1: [2], 2: [3], 3: [] })).toEqual([]);
  });

  it('are broken in the order of their youngest transactions, oldest first, even if another cycle is shorter', () => {
    // Transaction 4 is on both cycles, so transaction 5 is spared.
    expect(broken({ 1: [5, 2], 2: [3], 3: [4], 4: [1], 5: [4] })).toEqual([[4, 1, 2, 3, 4]]);
  });

  it('are all broken', () => {
    expect(broken({ 1: [3, 2], 2: [1], 3: [1] })).toEqual([
      [2, 1, 2],
      [3, 1, 3],
    ]);
  });
});
