import { MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { collect } from '../../src/testing/suites/store/collect.ts';
import { STRATEGY_COMBINATIONS, type StrategyCombination } from '../conformance/strategy-combinations.ts';
import { drive, openStore } from './open-store.ts';

const STEPS = 400;

/**
 * Runs the same random steps on a store, and returns a record of every visible result.
 * @param longestTtlMs the maximum TTL of a put; without it, entries never expire
 */
async function history(
  { options }: StrategyCombination,
  seed: number,
  longestTtlMs: number | undefined,
): Promise<string> {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const key = (): string => `k${pick(12)}`;
  const { store, clock } = openStore(options);
  const lines: unknown[] = [];
  let tx = await store.begin();
  let savepoint = await tx.savepoint();
  let snapshot = await store.begin({ readOnly: true });
  const steps: (() => Promise<unknown>)[] = [
    () => tx.put(key(), { step: lines.length }),
    () => tx.put(key(), lines.length, { ttl: longestTtlMs && 1 + pick(longestTtlMs) }),
    () => tx.del(key()),
    () => tx.get(key()),
    () => tx.getMany([key(), key()]),
    () => collect(tx.entries({ gte: key(), reverse: random() < 0.5, limit: 1 + pick(5) })),
    () => collect(snapshot.entries({ lt: key() })),
    () => snapshot.get(key()),
    () => collect(store.entries({ prefix: 'k1' })),
    () => store.getMany([key(), key(), key()]),
    async () => {
      savepoint = await tx.savepoint();
    },
    () => tx.rollbackTo(savepoint),
    async () => {
      if (random() < 0.7) await tx.commit();
      else await tx.rollback();
      tx = await store.begin();
      savepoint = await tx.savepoint();
    },
    async () => {
      await snapshot.commit();
      snapshot = await store.begin({ readOnly: true });
    },
    async () => clock.advance(pick(20)),
  ];
  for (let step = 0; step < STEPS; step++) lines.push((await steps[pick(steps.length)]?.()) ?? null);
  lines.push(await collect(store.entries()), await collect(tx.entries()));
  await store.close();
  return JSON.stringify(lines);
}

describe('strategies do not change results', () => {
  async function assertSame(combinations: readonly StrategyCombination[], seed: number, ttlMs?: number) {
    const [first, ...others] = combinations;
    if (first === undefined) throw new Error('STRATEGY_COMBINATIONS is empty.');
    const expected = await history(first, seed, ttlMs);
    for (const combination of others) {
      expect(await history(combination, seed, ttlMs), `${combination.name}, seed ${seed}`).toBe(expected);
    }
  }

  it.each([11, 12, 13, 14])(
    'all combinations produce the same history for the same schedule (seed %i)',
    (seed) => assertSame(STRATEGY_COMBINATIONS, seed),
  );

  // Coarser locks keep more keys from expiring. Shards and caches must make no difference.
  it.each([15, 16, 17, 18])(
    'combinations with the same locks produce the same history with expiry (seed %i)',
    async (seed) => {
      for (const locks of new Set(STRATEGY_COMBINATIONS.map((combination) => combination.locks))) {
        await assertSame(
          STRATEGY_COMBINATIONS.filter((combination) => combination.locks === locks),
          seed,
          50,
        );
      }
    },
  );
});

describe.each(STRATEGY_COMBINATIONS)('$name', ({ options }) => {
  it.each([21, 22])('loses no update and keeps the total under contention (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const { store, clock } = openStore({ ...options, random });
    const accounts = ['account:a', 'account:b', 'account:c', 'account:d'];
    await store.putMany(accounts.map((account) => [account, 100] as const));
    const pick = (): string => accounts[Math.floor(random() * accounts.length)] ?? '';
    const transfers = Array.from({ length: 40 }, () => {
      const [from, to] = [pick(), pick()];
      return store.transaction(async (tx) => {
        if (from === to) return;
        const target = (await tx.get(to)) as number;
        const source = (await tx.get(from)) as number;
        await tx.put(from, source - 1);
        await tx.put(to, target + 1);
        const count = ((await tx.getForUpdate('count')) as number | undefined) ?? 0;
        await tx.put('count', count + 1);
      });
    });
    const audits = Array.from({ length: 10 }, () =>
      store.transaction(async (tx) => {
        const entries = await collect(tx.entries({ lte: 'account:z' }));
        return entries.reduce((sum, [, value]) => sum + (value as number), 0);
      }),
    );
    const [totals] = await drive(clock, Promise.all([Promise.all(audits), Promise.all(transfers)]));
    expect(new Set(totals)).toEqual(new Set([400]));
    const balances = (await store.getMany(accounts)) as number[];
    expect(balances.reduce((sum, balance) => sum + balance, 0)).toBe(400);
    await store.close();
  });
});

it('one strategy object can serve several stores', async () => {
  const [combination] = STRATEGY_COMBINATIONS;
  const [one, two] = [new MemStore(combination?.options), new MemStore(combination?.options)];
  await one.put('k', 1);
  expect(await two.get('k')).toBe(undefined);
  const tx = await one.begin();
  await tx.put('k', 2);
  await two.put('k', 3, { lockTimeout: 0 });
  await one.close();
  await two.close();
});
