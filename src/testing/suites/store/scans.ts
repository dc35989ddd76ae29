import type { RangeOptions } from '../../../contract/options.ts';
import { assertEqual } from '../../assert.ts';
import { collect, collectKeys } from './collect.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

const LETTERS = ['a', 'b', 'ba', 'bb', 'c', 'd', 'e'];

const RANGES: readonly (readonly [range: RangeOptions, keys: readonly string[]])[] = [
  [{}, LETTERS],
  [{ gte: 'b' }, ['b', 'ba', 'bb', 'c', 'd', 'e']],
  [{ gt: 'b' }, ['ba', 'bb', 'c', 'd', 'e']],
  [{ lt: 'c' }, ['a', 'b', 'ba', 'bb']],
  [{ lte: 'c' }, ['a', 'b', 'ba', 'bb', 'c']],
  [{ gte: 'b', lt: 'c' }, ['b', 'ba', 'bb']],
  [{ gt: 'a', lte: 'd' }, ['b', 'ba', 'bb', 'c', 'd']],
  [{ prefix: 'b' }, ['b', 'ba', 'bb']],
  [{ prefix: 'b', gt: 'b' }, ['ba', 'bb']],
  [{ prefix: 'b', lte: 'ba' }, ['b', 'ba']],
  [{ prefix: '' }, LETTERS],
  [{ prefix: 'x' }, []],
  [{ gte: 'b', gt: 'ba', lt: 'd', lte: 'c' }, ['bb', 'c']],
  [{ gte: 'aa', lte: 'az' }, []],
  [{ gte: 'd', lt: 'b' }, []],
  [{ gt: 'b', lt: 'b' }, []],
  [{ gte: 'b', lte: 'b' }, ['b']],
];

async function fill(store: AnyStore): Promise<void> {
  await store.putMany(LETTERS.map((key) => [key, key.toUpperCase()] as const));
}

export const scans: StoreCases = {
  'entries yields the keys within the bounds in order': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const snapshot = await store.begin({ readOnly: true });
    for (const source of [tx, snapshot, store]) {
      for (const [range, keys] of RANGES) {
        const what = JSON.stringify(range);
        assertEqual(await collectKeys(source.entries(range)), keys, what);
        const reversed = await collectKeys(source.entries({ ...range, reverse: true }));
        assertEqual(reversed, keys.toReversed(), `${what} in reverse`);
        assertEqual(
          await collectKeys(source.entries({ ...range, limit: 2 })),
          keys.slice(0, 2),
          `two of ${what}`,
        );
        const last = await collectKeys(source.entries({ ...range, limit: 2, reverse: true }));
        assertEqual(last, keys.toReversed().slice(0, 2), `the last two of ${what}`);
      }
    }
  },

  'entries yields values with their keys': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const expected = LETTERS.map((key) => [key, key.toUpperCase()]);
    assertEqual(await collect(tx.entries()), expected, 'in a transaction');
    assertEqual(await collect(tx.entries({ forUpdate: true })), expected, 'for update');
    assertEqual(await collect(store.entries()), expected, 'alone');
  },

  'a limit of 0 yields no rows, and an infinite limit yields all rows': async (store) => {
    await fill(store);
    const tx = await store.begin();
    assertEqual(await collectKeys(tx.entries({ limit: 0 })), [], 'limit 0');
    assertEqual(await collectKeys(tx.entries({ limit: Number.POSITIVE_INFINITY })), LETTERS, 'no limit');
  },

  'a prefix of the greatest code unit yields only keys with that prefix': async (store) => {
    await store.putMany([
      ['\uFFFE', 1],
      ['\uFFFF', 1],
      ['\uFFFF\uFFFF', 1],
      ['a\uFFFF', 1],
      ['b', 1],
    ]);
    assertEqual(
      await collectKeys(store.entries({ prefix: '\uFFFF' })),
      ['\uFFFF', '\uFFFF\uFFFF'],
      'prefix U+FFFF',
    );
    assertEqual(await collectKeys(store.entries({ prefix: 'a\uFFFF' })), ['a\uFFFF'], 'prefix a, U+FFFF');
  },

  'a scan includes the writes of its own transaction': async (store) => {
    await fill(store);
    const tx = await store.begin();
    await tx.put('aa', 'new');
    await tx.put('z', 'new');
    await tx.put('c', 'changed');
    await tx.del('b');
    await tx.del('e');
    await tx.put('gone', 1);
    await tx.del('gone');
    const expected = [
      ['a', 'A'],
      ['aa', 'new'],
      ['ba', 'BA'],
      ['bb', 'BB'],
      ['c', 'changed'],
      ['d', 'D'],
      ['z', 'new'],
    ];
    assertEqual(await collect(tx.entries()), expected, 'all');
    assertEqual(await collect(tx.entries({ reverse: true })), expected.toReversed(), 'in reverse');
    assertEqual(await collect(tx.entries({ limit: 3 })), expected.slice(0, 3), 'the first three');
    assertEqual(await collect(tx.entries({ gt: 'a', lt: 'bb' })), expected.slice(1, 3), 'between bounds');
    assertEqual(
      await collect(tx.entries({ gte: 'z', reverse: true, limit: 1 })),
      expected.slice(-1),
      'the last',
    );
    assertEqual(await collect(tx.entries({ forUpdate: true })), expected, 'for update');
    assertEqual(await collectKeys(store.entries()), LETTERS, 'for others nothing has changed');
  },

  'a loop over a scan may write the rows it receives': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const seen: string[] = [];
    for await (const [key, value] of tx.entries({ forUpdate: true })) {
      seen.push(key);
      if (key.startsWith('b')) await tx.del(key);
      else await tx.put(key, `${String(value)}!`);
    }
    assertEqual(seen, LETTERS, 'each row once');
    await tx.commit();
    assertEqual(
      await collect(store.entries()),
      [
        ['a', 'A!'],
        ['c', 'C!'],
        ['d', 'D!'],
        ['e', 'E!'],
      ],
      'after the commit',
    );
  },

  'a scan sees what its own transaction writes ahead of its position': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const seen: unknown[] = [];
    for await (const entry of tx.entries({ gte: 'b' })) {
      seen.push(entry);
      if (entry[0] !== 'b') continue;
      await tx.put('a', 'behind');
      await tx.put('bc', 'new');
      await tx.put('d', 'changed');
      await tx.del('c');
    }
    const expected = [
      ['b', 'B'],
      ['ba', 'BA'],
      ['bb', 'BB'],
      ['bc', 'new'],
      ['d', 'changed'],
      ['e', 'E'],
    ];
    assertEqual(seen, expected, 'the result');
  },

  'a loop over a scan may end early': async (store) => {
    await fill(store);
    const tx = await store.begin();
    for await (const [key] of tx.entries()) {
      if (key === 'b') break;
    }
    const iterator = tx.entries();
    assertEqual((await iterator.next()).value?.[0], 'a', 'the first');
    await iterator.return?.();
    assertEqual((await iterator.next()).done, true, 'done after return');
    await tx.put('f', 'F');
    await tx.commit();
    assertEqual(await store.get('f'), 'F', 'after the commit');
  },

  'a scan of a snapshot may end early': async (store) => {
    await fill(store);
    const tx = await store.begin({ readOnly: true });
    const iterator = tx.entries();
    assertEqual((await iterator.next()).value?.[0], 'a', 'the first');
    await iterator.return?.();
    assertEqual((await iterator.next()).done, true, 'done after return');
    await tx.commit();
  },

  'changing the options after the call has no effect on a scan': async (store) => {
    await fill(store);
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    for (const scanned of [tx, snapshot, store]) {
      const options = { limit: 1 };
      const scan = scanned.entries(options);
      options.limit = 2;
      assertEqual(await collectKeys(scan), ['a'], 'the rows');
    }
    await Promise.all([tx.commit(), snapshot.commit()]);
  },

  'scans of one transaction may be interleaved': async (store) => {
    await fill(store);
    const tx = await store.begin();
    const up = tx.entries({ gte: 'c' });
    const down = tx.entries({ lt: 'c', reverse: true });
    const seen: (string | undefined)[] = [];
    for (let step = 0; step < 3; step++) {
      const [first, second] = await Promise.all([up.next(), down.next()]);
      seen.push(first.value?.[0], second.value?.[0]);
    }
    assertEqual(seen, ['c', 'bb', 'd', 'ba', 'e', 'b'], 'alternating');
  },

  'long scans yield every key once, including own writes': async (store) => {
    const count = 2500;
    const keyOf = (index: number): string => `k${String(index).padStart(5, '0')}`;
    const even = Array.from({ length: count }, (_, index) => keyOf(2 * index));
    await store.putMany(even.map((key) => [key, 1] as const));
    assertEqual(await collectKeys(store.entries()), even, 'alone');
    const tx = await store.begin();
    for (let index = 1; index < 2 * count; index += 100) await tx.put(keyOf(index), 2);
    for (let index = 0; index < 2 * count; index += 100) await tx.del(keyOf(index));
    const expected: string[] = [];
    for (let index = 0; index < 2 * count; index++) {
      const isOwn = index % 100 === 1;
      if (isOwn || (index % 2 === 0 && index % 100 !== 0)) expected.push(keyOf(index));
    }
    assertEqual(await collectKeys(tx.entries()), expected, 'with own writes');
    assertEqual(await collectKeys(tx.entries({ reverse: true })), expected.toReversed(), 'in reverse');
    assertEqual(await collectKeys(tx.entries({ limit: 1500 })), expected.slice(0, 1500), 'with a limit');
  },
};
