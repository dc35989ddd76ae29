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
 * The maximum number of retries of a transaction. A transaction can lose to each older transaction, and may
 * meet each of them twice. There are at most `WORKERS - 1` older transactions.
 */
const MAX_RETRIES = 2 * (WORKERS - 1);

interface Outcome {
  /** The number of attempts of each transaction that ended as a deadlock victim. */
  readonly victims: readonly number[];
  /** The number of victims that were older than all other open transactions. */
  readonly oldestVictims: number;
  readonly deadlocks: number;
  readonly store: MemStore<Numbers>;
}

/** Runs workers concurrently. Each worker runs one transaction after the other until the total is reached. */
async function contend(locks: (typeof LOCKS)[number][1], seed: number, work: Work): Promise<Outcome> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  const store = new MemStore<Numbers>({ locks, clock, random });
  const think = async (): Promise<void> => {
    for (let turns = Math.floor(random() * 4); turns > 0; turns--) await null;
    if (random() < 0.3) await new Promise<void>((resolve) => void clock.setTimer(resolve, 1, true));
  };
  const victims: number[] = [];
  /**
   * The ages of the transactions that have begun and have not committed, including those whose attempt
   * failed.
   */
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

/** Reads one counter and then writes it. Any two transactions that both read it deadlock. */
const upgrade: Work = async (tx, _count, think) => {
  const value = (await tx.get('k')) ?? 0;
  await think();
  await tx.put('k', value + 1);
};

/** Locks the same keys in every transaction, half of the time in reverse order. */
const crosswise: Work = async (tx, count, think) => {
  const keys = ['a', 'b', 'c'];
  for (const key of count % 2 === 0 ? keys : keys.reverse()) {
    const value = (await tx.getForUpdate(key)) ?? 0;
    await think();
    await tx.put(key, value + 1);
  }
};

describe.each(LOCKS)('%s: a transaction that keeps its age across retries commits', (name, locks) => {
  it.each(SEEDS)('in a stream of upgrades (seed %i)', async (seed) => {
    const { victims, oldestVictims, deadlocks, store } = await contend(locks, seed, upgrade);
    expect(await store.get('k')).toBe(TRANSACTIONS);
    expect(oldestVictims).toBe(0);
    expect(Math.max(...victims)).toBeLessThanOrEqual(MAX_RETRIES);
    // Without shared locks, no transaction upgrades a lock that others hold.
    expect(deadlocks > 0).toBe(name === 'keyLocks');
  });

  it.each(SEEDS)(
    'in a stream of younger transactions that lock in opposite orders (seed %i)',
    async (seed) => {
      const { victims, oldestVictims, deadlocks, store } = await contend(locks, seed, crosswise);
      expect(await store.getMany(['a', 'b', 'c'])).toEqual([TRANSACTIONS, TRANSACTIONS, TRANSACTIONS]);
      expect(oldestVictims).toBe(0);
      expect(Math.max(...victims)).toBeLessThanOrEqual(MAX_RETRIES);
      expect(deadlocks).toBeGreaterThan(0);
    },
  );
});

it('the test detects a lock manager that rolls back the oldest transaction', async () => {
  const { oldestVictims } = await contend(oldestDies, 1, crosswise);
  expect(oldestVictims).toBeGreaterThan(0);
});
