import { MemStore, type Transaction } from 'memstore-tx';
import { FakeClock, seededRandom } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { LOCKS } from '../../conformance/strategy-combinations.ts';
import { drive } from '../../memory/open-store.ts';
import { oldestDies } from '../schedules/broken-locks.ts';

type Numbers = Record<string, number>;
type Work = (tx: Transaction<Numbers>, count: number, think: () => Promise<void>) => Promise<void>;

const WORKERS = 8;
const TRANSACTIONS = 160;
const SEEDS = [1, 2, 3, 4, 5];
/**
 * A victim has met somebody older, of whom there are so many; and may meet each again before that one is
 * through.
 */
const MAX_RETRIES = 2 * (WORKERS - 1);

interface Outcome {
  /** How many attempts of each transaction ended as victim. */
  readonly victims: readonly number[];
  /** How often the victim was older than everybody else who was under way. */
  readonly oldestVictims: number;
  readonly deadlocks: number;
  readonly store: MemStore<Numbers>;
}

/** Workers who run the same kind of transaction beside each other, one after the other without end. */
async function contend(locks: (typeof LOCKS)[number][1], seed: number, work: Work): Promise<Outcome> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const store = new MemStore<Numbers>({ locks, clock, random });
  const think = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await null;
    if (random() < 0.3) await new Promise<void>((resolve) => void clock.setTimer(resolve, 1, true));
  };
  const victims: number[] = [];
  /** The ages of those who have begun and have not committed, an attempt that failed included. */
  const underWay = new Set<number>();
  const ageOf = new Map<number, number>();
  let oldestVictims = 0;
  store.on('deadlock', ({ victimId }) => {
    if (ageOf.get(victimId) === Math.min(...underWay)) oldestVictims++;
  });
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < TRANSACTIONS) {
      const count = begun++;
      let attempts = 0;
      let age = 0;
      await store.transaction(
        async (tx) => {
          attempts++;
          age = tx.age;
          ageOf.set(tx.id, age);
          underWay.add(age);
          await work(tx, count, think);
        },
        { retryTimeout: 1_000_000 },
      );
      underWay.delete(age);
      victims[count] = attempts - 1;
    }
  };
  await drive(clock, Promise.all(Array.from({ length: WORKERS }, worker)));
  expect(store.stats().lockTimeouts).toBe(0);
  return { victims, oldestVictims, deadlocks: store.stats().deadlocks, store };
}

/** Everybody reads the same counter and then writes it: each pair that reads together deadlocks. */
const upgrade: Work = async (tx, _count, think) => {
  const value = (await tx.get('k')) ?? 0;
  await think();
  await tx.put('k', value + 1);
};

/** Everybody takes the same keys, half of them from the other end. */
const crosswise: Work = async (tx, count, think) => {
  const keys = ['a', 'b', 'c'];
  for (const key of count % 2 === 0 ? keys : keys.reverse()) {
    const value = (await tx.getForUpdate(key)) ?? 0;
    await think();
    await tx.put(key, value + 1);
  }
};

describe.each(LOCKS)('%s: who keeps its age across retries gets through', (name, locks) => {
  it.each(SEEDS)('in a stream of upgrades (seed %i)', async (seed) => {
    const { victims, oldestVictims, deadlocks, store } = await contend(locks, seed, upgrade);
    expect(await store.get('k')).toBe(TRANSACTIONS);
    expect(oldestVictims).toBe(0);
    expect(Math.max(...victims)).toBeLessThanOrEqual(MAX_RETRIES);
    // Where readers do not share, nobody has to upgrade past another one.
    expect(deadlocks > 0).toBe(name === 'keyLocks');
  });

  it.each(SEEDS)('in a stream of younger ones that lock crosswise (seed %i)', async (seed) => {
    const { victims, oldestVictims, deadlocks, store } = await contend(locks, seed, crosswise);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([TRANSACTIONS, TRANSACTIONS, TRANSACTIONS]);
    expect(oldestVictims).toBe(0);
    expect(Math.max(...victims)).toBeLessThanOrEqual(MAX_RETRIES);
    expect(deadlocks).toBeGreaterThan(0);
  });
});

it('a manager that rolls back the oldest is noticed', async () => {
  const { oldestVictims } = await contend(oldestDies, 1, crosswise);
  expect(oldestVictims).toBeGreaterThan(0);
});
