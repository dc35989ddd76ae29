import { keyLocks } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { brokenLocks, FAULTS, RANGE_FAULTS } from '../schedules/broken-locks.ts';
import { HistoryRun } from './history-run.ts';
import { judgeRun } from './judge-run.ts';
import { COMBINATIONS, setupOf } from './run-setup.ts';
import { tallyOf } from './tally.ts';

// A slice of what `npm run histories` does at length: every combination of strategies once.
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

  it('have something of everything', () => {
    const tally = tallyOf(runs);
    for (const [name, count] of Object.entries(tally)) expect(count, name).toBeGreaterThan(20);
  });
});

describe('a lock manager is caught by random histories', () => {
  // What these get wrong is who waits, for how long, and who is a victim, which other tests look at.
  const correct = [
    'whoever has to wait is a victim',
    'every lock is exclusive',
    'one who waits is never woken',
  ];
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

  it('while the one that they are made of is not', async () => {
    const run = new HistoryRun(setupOf(0, { locks: keyLocks() }));
    await run.run(TRANSACTIONS);
    expect((await judgeRun(run)).problems).toEqual([]);
  });
});
