import { MemStore, type Transaction } from 'memstore-tx';
import type { Contender, Session } from './contender.ts';
import { sumOf } from './sum-of.ts';

type Numbers = Record<string, number>;

/**
 * Returns a contender for MemStore with its default options. `snapshots` selects snapshots or shared locks
 * for reads of several keys.
 */
function memStore(name: string, snapshots: boolean): Contender {
  return {
    name,
    promises: 'strictly serializable',
    abilities: snapshots ? ['asynchronous work', 'snapshots'] : ['asynchronous work'],
    inFlight: 1,
    operations: 10_000,
    async open(keys) {
      const store = new MemStore<Numbers>();
      for (const key of keys) await store.put(key, 0);
      return sessionOf(store, snapshots);
    },
  };
}

async function readAndWrite(
  tx: Transaction<Numbers>,
  keys: readonly string[],
  writes: number,
  work: (() => Promise<void>) | undefined,
): Promise<number> {
  const values: number[] = [];
  for (const key of keys)
    values.push((work === undefined ? await tx.get(key) : await tx.getForUpdate(key)) ?? 0);
  if (work !== undefined) await work();
  for (let index = 0; index < writes; index++) await tx.put(keys[index] ?? '', (values[index] ?? 0) + 1);
  return sumOf(values);
}

function sessionOf(store: MemStore<Numbers>, snapshots: boolean): Session {
  return {
    async increment(key) {
      const tx = await store.begin();
      const value = (await tx.get(key)) ?? 0;
      await tx.put(key, value + 1);
      await tx.commit();
      return value;
    },
    update: (keys, writes, work) => store.transaction((tx) => readAndWrite(tx, keys, writes, work)),
    async read(keys) {
      const tx = await store.begin({ readOnly: snapshots });
      let sum = 0;
      for (const key of keys) sum += (await tx.get(key)) ?? 0;
      await tx.commit();
      return sum;
    },
    get: async (key) => (await store.get(key)) ?? 0,
    put: (key, value) => store.put(key, value),
    async scan(from, limit) {
      let sum = 0;
      for await (const [, value] of store.entries({ gte: from, limit })) sum += value;
      return sum;
    },
    async total() {
      let sum = 0;
      for await (const [, value] of store.entries()) sum += value;
      return sum;
    },
    close: () => store.close(),
  };
}

export const memStores: readonly Contender[] = [
  memStore('MemStore', true),
  memStore('MemStore, reading under locks', false),
];
