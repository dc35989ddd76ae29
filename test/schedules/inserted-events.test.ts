import { describe, expect, it } from 'vitest';
import { programsOf } from './base-programs.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { parseSetup } from './setup.ts';

const SETUP = parseSetup('keyLocks/hashShards/unbounded/a');

describe('every schedule of two transactions of two gets and puts, and once another event', () => {
  it.each(Object.keys(INSERTIONS))('%s', async (insertion) => {
    const programs = insertedInto(programsOf({ transactions: 2, operations: 2 }), insertion);
    const { failure, schedules } = await exploreAll(SETUP, programs, { oneOfAKind: true });
    expect(failure).toBeUndefined();
    expect(schedules).toBeGreaterThan(1_000);
  });
});
