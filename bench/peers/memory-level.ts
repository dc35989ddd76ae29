import { MemoryLevel } from 'memory-level';
import type { Contender } from './contender.ts';
import { sumOf } from './sum-of.ts';

/** memory-level has atomic batches but no transactions, so nothing isolates a get from the batch after it. */
export const memoryLevel: Contender = {
  name: 'memory-level, get + batch',
  promises: 'atomic batches, no isolation',
  abilities: ['snapshots'],
  inFlight: 1,
  operations: 2_000,
  async open(keys) {
    const database = new MemoryLevel<string, number>({ valueEncoding: 'json', storeEncoding: 'utf8' });
    await database.batch(keys.map((key) => ({ type: 'put', key, value: 0 })));
    return {
      async increment(key) {
        const value = (await database.get(key)) ?? 0;
        await database.put(key, value + 1);
        return value;
      },
      async update(wanted, writes) {
        const values: number[] = [];
        for (const key of wanted) values.push((await database.get(key)) ?? 0);
        await database.batch(
          wanted
            .slice(0, writes)
            .map((key, index) => ({ type: 'put', key, value: (values[index] ?? 0) + 1 })),
        );
        return sumOf(values);
      },
      async read(wanted) {
        const snapshot = database.snapshot();
        try {
          let sum = 0;
          for (const key of wanted) sum += (await database.get(key, { snapshot })) ?? 0;
          return sum;
        } finally {
          await snapshot.close();
        }
      },
      get: async (key) => (await database.get(key)) ?? 0,
      put: (key, value) => database.put(key, value),
      scan: async (from, limit) => sumOf(await database.values({ gte: from, limit }).all()),
      async total() {
        let sum = 0;
        for await (const value of database.values()) sum += value;
        return sum;
      },
      close: () => database.close(),
    };
  },
};
