import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { programsOf } from './base-programs.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { sampled } from './sampled.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_123;

const STORES: readonly string[] = [
  'mutexLocks/rangeShards/unbounded/a',
  'oneMutex/hashShards/lru/a',
  'keyLocks/rangeShards/lru/a',
];

// Nothing is left out as equivalent for a cache that drops entries, and a snapshot multiplies the schedules.
// All of them are run by `npm run prove -- --family 2x2 --insert all --store …`.
function shareOf(store: string, insertion: string): number {
  if (!store.includes('lru')) return inFullRun(1, 1 / 10);
  return insertion.startsWith('snapshot') ? inFullRun(1 / 20, 1 / 60) : inFullRun(1 / 6, 1 / 60);
}

describe.each(STORES)('with %s', (store) => {
  it('every schedule of two transactions of two gets and puts', async () => {
    const programs = sampled(programsOf({ transactions: 2, operations: 2 }), inFullRun(1, 1 / 4), SEED);
    expect((await exploreAll(parseSetup(store), programs)).failure).toBeUndefined();
  });

  it.each(Object.keys(INSERTIONS))('and once %s', async (insertion) => {
    const share = shareOf(store, insertion);
    const programs = insertedInto(programsOf({ transactions: 2, operations: 2 }), insertion);
    const { failure, run } = await exploreAll(parseSetup(store), sampled(programs, share, SEED), {
      oneOfAKind: !store.includes('lru'),
    });
    expect(failure).toBeUndefined();
    expect(run).toBeGreaterThan(0);
  });
});
