import { describe, expect, it } from 'vitest';
import { programsOf } from '../schedules/base-programs.ts';
import { exploreAll } from '../schedules/explore-all.ts';
import { INSERTIONS, insertedInto } from '../schedules/inserted-programs.ts';
import { sampled } from '../schedules/sampled.ts';
import { parseSetup } from '../schedules/setup.ts';

const SEED = 20_261_125;

const STORES: readonly [store: string, probability: number][] = [
  ['keyLocks/hashShards/unbounded/a', 1 / 160],
  ['mutexLocks/hashShards/lru/a', 1 / 800],
];

/** A few programs of `test/proof/schedules`, quick enough to run against every mutant. */
describe.each(STORES)('%s', (store, probability) => {
  it(`three transactions of two gets and puts, sampled with seed ${SEED}`, async () => {
    const programs = sampled(programsOf({ transactions: 3, operations: 2 }), probability / 12, SEED);
    expect((await exploreAll(parseSetup(store), programs, { maxRuns: 200 })).failure).toBeUndefined();
  });

  it.each(Object.keys(INSERTIONS))(`two of two and once %s, sampled with seed ${SEED}`, async (insertion) => {
    const programs = insertedInto(programsOf({ transactions: 2, operations: 2 }), insertion);
    const { failure } = await exploreAll(parseSetup(store), sampled(programs, probability, SEED));
    expect(failure).toBeUndefined();
  });
});
