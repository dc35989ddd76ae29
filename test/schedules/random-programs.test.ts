import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { exploreAll } from './explore-all.ts';
import { randomPrograms } from './random-programs.ts';
import { parseSetup } from './setup.ts';

const SEED = 20_261_125;

describe('longer mixes of every event', () => {
  it.each([
    'keyLocks/hashShards/unbounded/a',
    'keyLocks/rangeShards/unbounded/ab',
    'mutexLocks/hashShards/unbounded/ab',
    'oneMutex/rangeShards/unbounded/a',
  ])(`%s, programs and schedules drawn with seed ${SEED}`, async (store) => {
    const drawing = { random: seededRandom(SEED), maxRuns: 20 };
    const { failure, schedules } = await exploreAll(parseSetup(store), randomPrograms(500, SEED), drawing);
    expect(failure).toBeUndefined();
    expect(schedules).toBe(500 * 20);
  });
});
