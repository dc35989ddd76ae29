import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { programsOf } from './base-programs.ts';
import { replay } from './explore.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { sampled } from './sampled.ts';
import { parseSchedule } from './schedule-failure.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_123;
/** The share of the programs that run. */
const SHARE = inFullRun(1, 1 / 6);
const SETUP = parseSetup('keyLocks/hashShards/unbounded/a');

describe('every schedule of two transactions with two gets or puts each, and one other event', () => {
  it.each(Object.keys(INSERTIONS))('%s', async (insertion) => {
    const programs = insertedInto(programsOf({ transactions: 2, operations: 2 }), insertion);
    const { failure, schedules } = await exploreAll(SETUP, sampled(programs, SHARE, SEED), {
      oneOfAKind: true,
    });
    expect(failure).toBeUndefined();
    expect(schedules).toBeGreaterThan(1_000 * SHARE);
  });
});

// Transaction 2 is the youngest in a cycle with transaction 1. After transaction 2 has ended, the scan of
// transaction 1 or 0 is granted `a`, goes on to `b`, and deadlocks there.
it.each([
  'keyLocks/hashShards/unbounded/ab: get.b get.a | get.a scanForUpdate | get.a put.a: 012102',
  'keyLocks/hashShards/unbounded/ab: get.b put.a | get.a scanForUpdate | get.a put.a: 012012',
])(
  'a victim is necessary even if the scan that gets its lock deadlocks at the next key: %s',
  async (line) => {
    const { setup, program, schedule } = parseSchedule(line);
    expect(await replay(setup, program, schedule)).toBeUndefined();
  },
);
