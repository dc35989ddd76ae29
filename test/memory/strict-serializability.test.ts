import { expect, it } from 'vitest';
import { seededRandom } from '../../src/testing/seeded-random.ts';
import { collect } from '../../src/testing/suites/store/collect.ts';
import { drive, openStore, turn } from './open-store.ts';

it('holds every lock until the transaction ends, for every operation', async () => {
  const { store } = openStore();
  await store.putMany([
    ['a', 1],
    ['b', 1],
  ]);
  const tx = await store.begin();
  await tx.get('a');
  await tx.getForUpdate('b');
  await tx.put('c', 1);
  await tx.del('d');
  await tx.has('absent');
  await collect(tx.entries({ gte: 'm', lt: 'n' }));
  await turn();
  const { held, waiting } = store.locks();
  const byKey = new Map(held.filter(({ key }) => key !== undefined).map(({ key, mode }) => [key, mode]));
  expect(Object.fromEntries(byKey)).toEqual({
    a: 'shared',
    b: 'exclusive',
    c: 'exclusive',
    d: 'exclusive',
    absent: 'shared',
  });
  expect(held.filter(({ range }) => range !== undefined)).toEqual([
    { transactionId: tx.id, range: { from: 'm', to: 'n' }, mode: 'shared' },
  ]);
  expect(waiting).toEqual([]);
  await tx.commit();
  expect(store.locks().held).toEqual([]);
});

it('shows a snapshot either all or no writes of a commit', async () => {
  const { store } = openStore();
  const keys = ['a', 'b', 'c'];
  const write = async (value: number): Promise<void> => {
    await store.transaction(async (tx) => {
      for (const key of keys) await tx.put(key, value);
    });
  };
  const latest: number[] = [];
  const look = async (): Promise<void> => {
    const snapshot = await store.begin({ readOnly: true });
    const [first, ...others] = await snapshot.getMany(keys);
    await turn();
    const again = (await collect(snapshot.entries())).map(([, value]) => value);
    expect(others).toEqual([first, first]);
    expect(again).toEqual(first === undefined ? [] : [first, first, first]);
    latest.push((first as number | undefined) ?? 0);
    await snapshot.commit();
  };
  const rounds = Array.from({ length: 50 }, (_, round) => round + 1);
  await Promise.all([
    (async () => {
      for (const round of rounds) await write(round);
    })(),
    (async () => {
      for (const _ of rounds) await look();
    })(),
  ]);
  expect(latest).toEqual(latest.toSorted((left, right) => left - right));
});

it('shows a one-shot get the writes of a commit as soon as the commit resolves', async () => {
  const { store } = openStore();
  for (let round = 1; round <= 20; round++) {
    const tx = await store.begin();
    await tx.put('k', round);
    const before = store.get('k');
    expect(await before).toBe(round === 1 ? undefined : round - 1);
    await tx.commit();
    expect(await store.get('k')).toBe(round);
  }
});

it.each([1, 2, 3, 4, 5])(
  'keeps a total under random transfers that scan, read and write (seed %i)',
  async (seed) => {
    const { store, clock } = openStore({ random: seededRandom(seed) });
    const random = seededRandom(seed);
    const accounts = ['a', 'b', 'c', 'd', 'e'];
    const pick = (): string => accounts[Math.floor(random() * accounts.length)] ?? 'a';
    await store.putMany(accounts.map((account) => [account, 10] as const));
    // Each audit reads in a different way. Two audits of the same way would test nothing more.
    const auditInTransaction = () =>
      store.transaction(async (tx) => {
        const entries = await collect(tx.entries());
        return entries.reduce((sum, [, value]) => sum + (value as number), 0);
      });
    const auditSnapshot = () =>
      store.transaction(
        async (tx) => {
          let sum = 0;
          for (const account of accounts) sum += (await tx.get(account)) as number;
          return sum;
        },
        { readOnly: true },
      );
    const transfer = async (): Promise<void> => {
      const [from, to] = [pick(), pick()];
      if (from === to) return;
      const forUpdate = random() < 0.5;
      await store.transaction(async (tx) => {
        const source = (await (forUpdate ? tx.getForUpdate(from) : tx.get(from))) as number;
        const target = (await tx.get(to)) as number;
        await tx.put(to, target + 1);
        await tx.put(from, source - 1);
      });
    };
    const totals: number[] = [];
    const work = Array.from({ length: 60 }, (_, index) => {
      if (index % 3 === 0) return transfer();
      if (index % 3 === 1) return auditInTransaction().then((total) => void totals.push(total));
      return auditSnapshot().then((total) => void totals.push(total));
    });
    await drive(clock, Promise.all(work));
    expect(new Set(totals), `seed ${seed}`).toEqual(new Set([50]));
  },
);
