import { keyLocks } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { brokenLocks, FAULTS, RANGE_FAULTS } from '../schedules/broken-locks.ts';
import { HistoryRun } from './history-run.ts';
import { judgeRun } from './judge-run.ts';
import { COMBINATIONS, setupOf } from './run-setup.ts';
import { tallyOf } from './tally.ts';

// A small part of `npm run histories`: every combination of strategies once.
const SEEDS = Array.from({ length: COMBINATIONS }, (_, seed) => seed);
const TRANSACTIONS = 250;

describe('random histories', () => {
  const runs: HistoryRun[] = [];

  it.each(SEEDS.map((seed) => [seed, setupOf(seed).name] as const))(
    'of seed %i are strictly serializable: %s',
    async (seed) => {
      const run = new HistoryRun(setupOf(seed));
      await run.run(TRANSACTIONS);
      const { problems } = await judgeRun(run);
      runs.push(run);
      expect(problems, `seed ${seed}`).toEqual([]);
    },
  );

  it('contain every counted event more than 20 times', () => {
    const tally = tallyOf(runs);
    for (const [name, count] of Object.entries(tally)) expect(count, name).toBeGreaterThan(20);
  });
});

describe('random histories detect a lock manager', () => {
  // These faults affect only waits and victims, not isolation. Other tests detect them.
  const correct = ['every waiter is a victim', 'every lock is exclusive', 'a waiter is never woken'];
  const faults = Object.entries({ ...FAULTS, ...RANGE_FAULTS }).filter(([name]) => !correct.includes(name));

  it.each(faults)('in which %s', async (_name, fault) => {
    let problems: readonly string[] = [];
    for (let seed = 0; problems.length === 0 && seed < COMBINATIONS; seed += 2) {
      const run = new HistoryRun(setupOf(seed, { locks: brokenLocks(fault) }));
      await run.run(TRANSACTIONS);
      ({ problems } = await judgeRun(run));
    }
    expect(problems).not.toEqual([]);
  });

  it('but accept the correct lock manager', async () => {
    const run = new HistoryRun(setupOf(0, { locks: keyLocks() }));
    await run.run(TRANSACTIONS);
    expect((await judgeRun(run)).problems).toEqual([]);
  });
});
