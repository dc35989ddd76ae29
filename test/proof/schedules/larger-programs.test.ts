import { describe, expect, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';
import { programsOf } from './base-programs.ts';
import { exploreAll } from './explore-all.ts';
import { INSERTIONS, insertedInto } from './inserted-programs.ts';
import { sampled } from './sampled.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_123;
/** A fast run has a fourth of the programs. */
const PART = inFullRun(1, 1 / 4);

describe('larger programs, sampled', () => {
  it.each(Object.keys(INSERTIONS))(
    `two transactions of three and once %s, seed ${SEED}`,
    async (insertion) => {
      const bases = sampled(programsOf({ transactions: 2, operations: 3 }), PART / 50, SEED);
      const programs = sampled(insertedInto(bases, insertion), 1 / 8, SEED);
      const { failure } = await exploreAll(parseSetup('keyLocks/hashShards/unbounded/ab'), programs);
      expect(failure).toBeUndefined();
    },
  );

  it.each(Object.keys(INSERTIONS))(
    `three transactions of two and once %s, seed ${SEED}`,
    async (insertion) => {
      const bases = sampled(programsOf({ transactions: 3, operations: 2 }), PART / 500, SEED);
      const programs = sampled(insertedInto(bases, insertion), 1 / 10, SEED);
      const { failure } = await exploreAll(parseSetup('keyLocks/hashShards/unbounded/ab'), programs, {
        maxRuns: 3_000,
      });
      expect(failure).toBeUndefined();
    },
  );

  // What a scan that gives up lets in is seen only with somebody queued behind it, and somebody ahead.
  it.each(['abort', 'timeout', 'idle'])('three transactions of one, a scan and %s', async (second) => {
    const bases = programsOf({ transactions: 3, operations: 1 });
    const programs = insertedInto(insertedInto(bases, 'scan'), second);
    const { failure } = await exploreAll(
      parseSetup('keyLocks/hashShards/unbounded/ab'),
      sampled(programs, inFullRun(1 / 8, 1 / 80), SEED),
    );
    expect(failure).toBeUndefined();
  });
});
