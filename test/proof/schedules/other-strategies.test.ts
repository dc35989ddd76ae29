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

// With a cache that drops entries, equivalent schedules cannot be omitted. A snapshot multiplies the
// schedules. `npm run prove -- --family 2x2 --insert all --store …` runs all of them.
function shareOf(store: string, insertion: string): number {
  if (!store.includes('lru')) return inFullRun(1, 1 / 10);
  return insertion.startsWith('snapshot') ? inFullRun(1 / 20, 1 / 60) : inFullRun(1 / 6, 1 / 60);
}

describe.each(STORES)('with %s', (store) => {
  it('every schedule of two transactions with two gets or puts each', async () => {
    const programs = sampled(programsOf({ transactions: 2, operations: 2 }), inFullRun(1, 1 / 4), SEED);
    expect((await exploreAll(parseSetup(store), programs)).failure).toBeUndefined();
  });

  it.each(Object.keys(INSERTIONS))('and with one %s', async (insertion) => {
    const share = shareOf(store, insertion);
    const programs = insertedInto(programsOf({ transactions: 2, operations: 2 }), insertion);
    const { failure, run } = await exploreAll(parseSetup(store), sampled(programs, share, SEED), {
      oneOfAKind: !store.includes('lru'),
    });
    expect(failure).toBeUndefined();
    expect(run).toBeGreaterThan(0);
  });
});
