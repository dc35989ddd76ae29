import { describe, expect, it } from 'vitest';
import { type Family, programsOf } from './base-programs.ts';
import { explore } from './explore.ts';
import { exploreAll } from './explore-all.ts';
import { formatProgram } from './program.ts';
import type { LocksName, Setup } from './setup.ts';

function setupWith(locks: LocksName): Setup {
  return { locks, shards: 'hashShards', cache: 'unbounded', present: 'ab' };
}

const FAMILIES: readonly [name: string, family: Family][] = [
  ['two transactions of two', { transactions: 2, operations: 2 }],
  ['two transactions of three', { transactions: 2, operations: 3 }],
  ['three transactions of two', { transactions: 3, operations: 2 }],
];

describe('every schedule of every program of gets and puts over two keys', () => {
  it.each(FAMILIES)('keyLocks, %s', async (_, family) => {
    const { failure, schedules } = await exploreAll(setupWith('keyLocks'), programsOf(family));
    expect(failure).toBeUndefined();
    expect(schedules).toBeGreaterThan(500);
  });

  it.each(FAMILIES.slice(0, 2))('mutexLocks, %s', async (_, family) => {
    const { failure, schedules } = await exploreAll(setupWith('mutexLocks'), programsOf(family));
    expect(failure).toBeUndefined();
    expect(schedules).toBeGreaterThan(500);
  });

  it.each(['keyLocks', 'mutexLocks'] as const)(
    'leaving out equivalent schedules leaves out no outcome, %s',
    async (locks) => {
      for (const program of programsOf({ transactions: 2, operations: 2 })) {
        const outcomes = async (reduce: boolean): Promise<Set<string>> => {
          const seen = new Set<string>();
          await explore(setupWith(locks), program, { reduce, onOutcome: (outcome) => seen.add(outcome) });
          return seen;
        };
        expect(await outcomes(true), formatProgram(program)).toEqual(await outcomes(false));
      }
    },
  );
});
