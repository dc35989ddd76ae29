import { describe, expect, it } from 'vitest';
import { everyProgramOf } from './base-programs.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { parseSetup } from './setup.ts';

const SETUP = parseSetup('keyLocks/hashShards/unbounded/a');

describe('every schedule of two transactions of two gets and puts, and once another event', () => {
  it.each(Object.keys(INSERTIONS))('%s', async (insertion) => {
    const programs = insertedInto(everyProgramOf({ transactions: 2, operations: 2 }), insertion);
    const { failure, schedules } = await exploreAll(SETUP, programs);
    expect(failure).toBeUndefined();
    expect(schedules).toBeGreaterThan(3_000);
  });
});
