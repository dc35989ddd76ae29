import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { inFullRun } from '../../run-size.ts';
import { exploreAll } from './explore-all.ts';
import { randomPrograms } from './random-programs.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_125;
const PROGRAMS = inFullRun(500, 60);

describe('random programs with all kinds of events', () => {
  it.each([
    'keyLocks/hashShards/unbounded/a',
    'keyLocks/rangeShards/unbounded/ab',
    'mutexLocks/hashShards/unbounded/ab',
    'oneMutex/rangeShards/unbounded/a',
  ])(`%s, with random programs and schedules (seed ${SEED})`, async (store) => {
    const drawing = { random: seededRandom(SEED), maxRuns: 20 };
    const { failure, schedules } = await exploreAll(
      parseSetup(store),
      randomPrograms(PROGRAMS, SEED),
      drawing,
    );
    expect(failure).toBeUndefined();
    expect(schedules).toBe(PROGRAMS * 20);
  });
});
