import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import type { AnyStore, AnyTransaction, StoreCases } from './store-cases.ts';

type Entries = Iterable<readonly [key: string, value: unknown]>;

/** Returns a list whose second element is a hole. */
function sparse(): string[] {
  const keys = ['a'];
  keys[2] = 'b';
  return keys;
}

/** Returns an array that counts how often each of its properties is read. */
function counted<T>(list: T[], reads: Map<PropertyKey, number>): T[] {
  return new Proxy(list, {
    get(target, name, receiver) {
      reads.set(name, (reads.get(name) ?? 0) + 1);
      return Reflect.get(target, name, receiver);
    },
  });
}

/** All operations that accept a list of keys or entries. */
const READERS: readonly ((store: AnyStore, tx: AnyTransaction, keys: string[]) => Promise<unknown>)[] = [
  (store, _tx, keys) => store.getMany(keys),
  (_store, tx, keys) => tx.getMany(keys),
];
const WRITERS: readonly ((store: AnyStore, tx: AnyTransaction, entries: Entries) => Promise<unknown>)[] = [
  (store, _tx, entries) => store.putMany(entries),
  (_store, tx, entries) => tx.putMany(entries),
];

const NO_LISTS: readonly unknown[] = [undefined, null, 'ab', 7, {}, new Set(['a']), { 0: 'a', length: 1 }];
const NO_ENTRIES: readonly unknown[] = [undefined, null, 'ab', 7, {}, { [Symbol.iterator]: 1 }];
const NO_PAIRS: readonly unknown[] = [
  undefined,
  null,
  'ab',
  7,
  {},
  [],
  ['a'],
  ['a', 1, 2],
  { 0: 'a', 1: 1, length: 2 },
];

/** Fails the test unless nothing was written and the transaction still works. */
async function assertNothingWritten(store: AnyStore, tx: AnyTransaction): Promise<void> {
  await tx.put('last', 1);
  await tx.commit();
  assertEqual(await collect(store.entries()), [['last', 1]], 'the entries afterwards');
}

export const lists: StoreCases = {
  'a list of keys with a hole is refused, and the error names the index': async (store) => {
    const [tx, snapshot] = [await store.begin(), await store.begin({ readOnly: true })];
    for (const reading of [store, tx, snapshot]) {
      const error = await assertRejects(reading.getMany(sparse()), 'INVALID_KEY');
      assert(error.message.includes('[1]'), `the message names the index: ${error.message}`);
    }
    await assertRejects(tx.getMany(['a', undefined as unknown as string, 'b']), 'INVALID_KEY');
    await snapshot.rollback();
    await assertNothingWritten(store, tx);
  },

  'a value that is not a list of keys is refused': async (store) => {
    const tx = await store.begin();
    for (const keys of NO_LISTS)
      for (const read of READERS) await assertRejects(read(store, tx, keys as string[]), 'INVALID_KEY');
    await assertNothingWritten(store, tx);
  },

  'getMany reads each key once, synchronously': async (store) => {
    await store.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const tx = await store.begin();
    for (const read of READERS) {
      const reads = new Map<PropertyKey, number>();
      const keys = ['a', 'b'];
      const values = read(store, tx, counted(keys, reads));
      keys.fill('other');
      assertEqual(await values, [1, 2], 'the values');
      assertEqual([reads.get('0'), reads.get('1'), reads.get('length')], [1, 1, 1], 'the number of reads');
    }
    await tx.rollback();
  },

  'a value that is not an iterable of pairs is refused': async (store) => {
    const tx = await store.begin();
    for (const write of WRITERS) {
      for (const entries of NO_ENTRIES)
        await assertRejects(write(store, tx, entries as Entries), 'INVALID_OPTION');
      for (const pair of NO_PAIRS) {
        const entries = [['first', 1], pair] as unknown as Entries;
        const error = await assertRejects(write(store, tx, entries), 'INVALID_OPTION');
        assert(error.message.includes('[1]'), `the message names the index: ${error.message}`);
      }
    }
    await assertNothingWritten(store, tx);
  },

  'a pair with a hole is refused': async (store) => {
    const tx = await store.begin();
    const [withoutKey, withoutValue] = [[], ['a']] as unknown as [[string, unknown], [string, unknown]];
    withoutKey[1] = 1;
    (withoutValue as unknown[]).length = 2;
    for (const write of WRITERS) {
      await assertRejects(write(store, tx, [['first', 1], withoutKey]), 'INVALID_KEY');
      await assertRejects(write(store, tx, [['first', 1], withoutValue]), 'INVALID_VALUE');
    }
    await assertNothingWritten(store, tx);
  },

  'putMany reads each key and each value once, synchronously': async (store) => {
    const tx = await store.begin();
    for (const write of WRITERS) {
      const reads = new Map<PropertyKey, number>();
      const pair: [string, unknown] = ['a', 1];
      const list: (readonly [string, unknown])[] = [counted(pair, reads) as [string, unknown]];
      const written = write(store, tx, list);
      pair[0] = 'other';
      list.push(['late', 1]);
      await written;
      assertEqual([reads.get('0'), reads.get('1')], [1, 1], 'the number of reads');
      if (write === WRITERS[0]) assertEqual(await collect(store.entries()), [['a', 1]], 'the entries');
    }
    await tx.commit();
    assertEqual(await collect(store.entries()), [['a', 1]], 'the entries afterwards');
  },

  'putMany rejects with the error that an iterator throws, and puts nothing': async (store) => {
    const tx = await store.begin();
    const thrown = new RangeError('no more');
    const entries = function* (): Generator<[string, unknown]> {
      yield ['a', 1];
      throw thrown;
    };
    for (const write of WRITERS) {
      const outcome: unknown = await write(store, tx, entries()).catch((error: unknown) => error);
      assert(outcome === thrown, 'the error of the iterator comes through');
    }
    await assertNothingWritten(store, tx);
  },

  'an iterator may use the store and may change the list it reads': async (store) => {
    const inner: Promise<void>[] = [];
    const entries = function* (): Generator<[string, unknown]> {
      yield ['a', 1];
      inner.push(store.put('inner', 1));
      yield ['b', 2];
    };
    await store.putMany(entries());
    await Promise.all(inner);
    const list: [string, unknown][] = [['c', 3]];
    const growing = list.values();
    const tx = await store.begin();
    await tx.putMany({
      *[Symbol.iterator]() {
        for (const pair of growing) {
          if (list.length < 3) list.push([`c${list.length}`, list.length]);
          yield pair;
        }
      },
    });
    await tx.commit();
    assertEqual(
      await collect(store.entries()),
      [
        ['a', 1],
        ['b', 2],
        ['c', 3],
        ['c1', 1],
        ['c2', 2],
        ['inner', 1],
      ],
      'the entries afterwards',
    );
  },

  'putMany writes nothing if its iterator ends the transaction': async (store) => {
    const tx = await store.begin();
    const ends: Promise<void>[] = [];
    const entries = function* (): Generator<[string, unknown]> {
      yield ['a', 1];
      ends.push(tx.commit());
      yield ['b', 2];
    };
    await assertRejects(tx.putMany(entries()), 'TRANSACTION_CLOSED');
    await Promise.all(ends);
    assertEqual(await collect(store.entries()), [], 'the entries afterwards');
  },
};
