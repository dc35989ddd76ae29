import { assertEqual } from '../../assert.ts';
import { seededRandom } from '../../seeded-random.ts';
import { ALL_KEYS, type CreateStrategy, hurriedHost, type It, ShardBench } from './shard-bench.ts';

/** Changes the table each time that the build of an index yields. */
type Meddle = (bench: ShardBench, turn: number, random: () => number) => void;

const SEEDS = 3;

export function indexCases(create: CreateStrategy, entries: number, it: It): void {
  // A table of any size yields early during a build, so a small table tests the same as a large one.
  for (const count of [Math.ceil(entries / 20), entries]) {
    for (const [what, meddle] of Object.entries(MEDDLES)) {
      it(`returns ${count} keys in order if other calls ${what} during the build`, async () => {
        for (let seed = 1; seed <= SEEDS; seed++) await buildWhile(create, count, meddle, seed);
      });
    }
  }

  it('answers several concurrent calls of ordered()', async () => {
    const bench = new ShardBench(create);
    for (let number = 0; number < 1000; number++) bench.set(`user:${number}`, number);
    const calls = [bench.table.ordered(), bench.table.ordered()];
    bench.set('between', 1);
    bench.delete('user:7');
    calls.push(bench.table.ordered());
    for (const ordered of await Promise.all(calls)) {
      bench.compareKeys(ordered);
      bench.compareKeys(ordered, ALL_KEYS, true, 10);
    }
  });

  it('returns the order synchronously after the first call of ordered()', async () => {
    const bench = new ShardBench(create);
    for (let number = 0; number < 1000; number++) bench.set(`user:${number}`, number);
    await bench.table.ordered();
    assertEqual(
      bench.table.ordered() instanceof Promise,
      false,
      'the second call of ordered() returns a promise',
    );
  });
}

const MEDDLES: Readonly<Record<string, Meddle>> = {
  'set and delete': (bench, turn, random) => {
    for (let change = 0; change < 20; change++) {
      if (random() < 0.5) bench.set(`new:${turn}:${change}`, change);
      else bench.delete(`user:${Math.floor(random() * bench.model.size)}`);
    }
  },
  'set many more': (bench, turn) => {
    // The number of changes is bounded, because a build that never catches up with the changes might never
    // end.
    if (turn > 10) return;
    const more = bench.model.size >>> 3;
    for (let number = 0; number < more; number++) {
      bench.set(`${number % 10}:${turn}:${number}`, turn);
    }
  },
  'delete most': (bench, turn) => {
    let number = 0;
    for (const key of [...bench.model.keys()]) {
      number++;
      if ((number + turn) % 4 !== 0) bench.delete(key);
    }
  },
  'delete all and set others': (bench, turn) => {
    if (turn > 2) return;
    for (const key of [...bench.model.keys()]) bench.delete(key);
    for (let number = 0; number < 300; number++) bench.set(`other:${turn}:${number}`, number);
  },
  'delete keys and set them again': (bench, turn, random) => {
    if (turn > 100) return;
    for (let change = 0; change < 20; change++) {
      const key = `user:${Math.floor(random() * 1000)}`;
      bench.delete(key);
      if (random() < 0.7) bench.set(key, turn);
    }
  },
};

async function buildWhile(
  create: CreateStrategy,
  count: number,
  meddle: Meddle,
  seed: number,
): Promise<void> {
  const random = seededRandom(seed);
  let turns = 0;
  const host = hurriedHost(() => {
    meddle(bench, turns++, random);
  });
  const bench = new ShardBench(create, host);
  for (let number = 0; number < count; number++) bench.set(`user:${number}`, number);
  const ordered = await bench.table.ordered();
  bench.compareKeys(ordered);
  bench.compareAll();
  // Changes the table once more, for strategies that build nothing and so never yield.
  meddle(bench, turns, random);
  bench.compareKeys(ordered);
  bench.compareAll();
}
