import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { programsOf } from './base-programs.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { sampled } from './sampled.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_123;
/** The share of the programs that run. A fast run only runs a quarter of the programs. */
const PART = inFullRun(1, 1 / 4);

describe('samples of larger programs', () => {
  it.each(Object.keys(INSERTIONS))(
    `two transactions with three operations each, and one %s (seed ${SEED})`,
    async (insertion) => {
      const bases = sampled(programsOf({ transactions: 2, operations: 3 }), PART / 50, SEED);
      const programs = sampled(insertedInto(bases, insertion), 1 / 8, SEED);
      const { failure } = await exploreAll(parseSetup('keyLocks/hashShards/unbounded/ab'), programs);
      expect(failure).toBeUndefined();
    },
  );

  it.each(Object.keys(INSERTIONS))(
    `three transactions with two operations each, and one %s (seed ${SEED})`,
    async (insertion) => {
      const bases = sampled(programsOf({ transactions: 3, operations: 2 }), PART / 500, SEED);
      const programs = sampled(insertedInto(bases, insertion), 1 / 10, SEED);
      const { failure } = await exploreAll(parseSetup('keyLocks/hashShards/unbounded/ab'), programs, {
        maxRuns: 3_000,
      });
      expect(failure).toBeUndefined();
    },
  );

  // A waiter behind a withdrawn scan is granted its lock. This needs one transaction behind the scan and one
  // transaction ahead of the scan.
  it.each(['abort', 'timeout', 'idle'])(
    'three transactions with one operation each, a scan and one %s',
    async (second) => {
      const bases = programsOf({ transactions: 3, operations: 1 });
      const programs = insertedInto(insertedInto(bases, 'scan'), second);
      const { failure } = await exploreAll(
        parseSetup('keyLocks/hashShards/unbounded/ab'),
        sampled(programs, inFullRun(1 / 8, 1 / 80), SEED),
      );
      expect(failure).toBeUndefined();
    },
  );
});
