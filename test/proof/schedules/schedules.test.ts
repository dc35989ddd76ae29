import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { type Family, programsOf } from './base-programs.ts';
import { explore } from './explore.ts';
import { exploreAll } from './explore-all.ts';
import { insertedInto } from './inserted-programs.ts';
import { event, formatProgram, parseProgram } from './program.ts';
import { sampled } from './sampled.ts';
import type { LocksName, Setup } from './setup.ts';

function setupWith(locks: LocksName): Setup {
  return { locks, shards: 'hashShards', cache: 'unbounded', present: 'ab' };
}

const SEED = 20_261_123;

const FAMILIES: readonly [name: string, family: Family][] = [
  ['two transactions with two operations each', { transactions: 2, operations: 2 }],
  ['two transactions with three operations each', { transactions: 2, operations: 3 }],
  ['three transactions with two operations each', { transactions: 3, operations: 2 }],
];

/** Returns the share of the programs that run. */
function shareOf(locks: LocksName, { transactions, operations }: Family): number {
  const isSmall = transactions === 2 && operations === 2;
  // Some faults of deadlock detection show only in a few programs of three transactions.
  const needsAll = locks === 'keyLocks' && transactions === 3;
  return isSmall || needsAll ? 1 : inFullRun(1, 1 / 4);
}

describe('every schedule of every program of gets and puts over two keys', () => {
  describe.each(['keyLocks', 'mutexLocks', 'oneMutex'] as const)('%s', (locks) => {
    it.each(FAMILIES)('%s', async (_, family) => {
      const programs = sampled(programsOf(family), shareOf(locks, family), SEED);
      const { failure, schedules } = await exploreAll(setupWith(locks), programs, { oneOfAKind: true });
      expect(failure).toBeUndefined();
      expect(schedules).toBeGreaterThan(100);
    });
  });

  it.each(['keyLocks', 'mutexLocks', 'oneMutex'] as const)(
    'omitting equivalent schedules omits no outcome, %s',
    async (locks) => {
      const part = inFullRun(1, 1 / 5);
      const all = [...programsOf({ transactions: 2, operations: 2 })];
      const bases = [...sampled(all, part, SEED)];
      const inserted = [
        'scan',
        'scanSkipLocked',
        'rollback',
        'snapshot',
        'timeout',
        'abort',
        'idle',
        'expire',
      ].flatMap((insertion) => [...sampled(insertedInto(all, insertion), part / 30, SEED)]);
      const larger = sampled(programsOf({ transactions: 3, operations: 2 }), part / 300, SEED);
      for (const program of [...bases, ...inserted, ...larger]) {
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

describe('two snapshots beside the writers', () => {
  it(`pass every schedule of sampled programs (seed ${SEED})`, async () => {
    const snapshot = [event('get', 'a')];
    const bases = sampled(programsOf({ transactions: 2, operations: 2 }), inFullRun(1 / 20, 1 / 60), SEED);
    const programs = Array.from(bases, (program) => ({ ...program, snapshots: [snapshot, snapshot] }));
    expect((await exploreAll(setupWith('keyLocks'), programs)).failure).toBeUndefined();
  });

  it('keep the versions that only the younger snapshot needs', async () => {
    const writers = parseProgram('put.a | put.a | begin get.a | begin get.a');
    expect((await exploreAll(setupWith('keyLocks'), [writers])).failure).toBeUndefined();
  });
});
