import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { Contender, Session } from './contender.ts';
import { sumOf } from './sum-of.ts';

type Database = RootDatabase<number, string>;
type Update = (database: Database, work: () => number) => Promise<number>;

/**
 * Returns a contender for lmdb-js on a file in memory. `transact` is one of its ways to run a transaction.
 */
function lmdbStore(name: string, inFlight: number, operations: number, transact: Update): Contender {
  return {
    name,
    promises: 'serializable; transactions are synchronous',
    abilities: ['snapshots'],
    inFlight,
    operations,
    async open(keys) {
      const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'memstore-bench-'));
      const database: Database = open({ path: folder, noSync: true });
      database.transactionSync(() => {
        for (const key of keys) database.putSync(key, 0);
      });
      return sessionOf(database, transact, () => rmSync(folder, { recursive: true }));
    },
  };
}

function sessionOf(database: Database, transact: Update, remove: () => void): Session {
  const readAll = (keys: readonly string[]): number[] => keys.map((key) => database.get(key) ?? 0);
  return {
    increment: (key) =>
      transact(database, () => {
        const value = database.get(key) ?? 0;
        database.putSync(key, value + 1);
        return value;
      }),
    update: (keys, writes) =>
      transact(database, () => {
        const values = readAll(keys);
        for (let index = 0; index < writes; index++)
          database.putSync(keys[index] ?? '', (values[index] ?? 0) + 1);
        return sumOf(values);
      }),
    // All reads in one turn of the event loop see the same snapshot.
    read: async (keys) => sumOf(readAll(keys)),
    get: async (key) => database.get(key) ?? 0,
    put: async (key, value) => {
      await transact(database, () => {
        database.putSync(key, value);
        return value;
      });
    },
    async scan(from, limit) {
      let sum = 0;
      for (const { value } of database.getRange({ start: from, limit })) sum += value;
      return sum;
    },
    async total() {
      let sum = 0;
      for (const { value } of database.getRange()) sum += value;
      return sum;
    },
    async close() {
      await database.close();
      remove();
    },
  };
}

const synchronous: Update = async (database, work) => database.transactionSync(work);
const asynchronous: Update = (database, work) => database.transaction(work);

export const lmdbStores: readonly Contender[] = [
  lmdbStore('lmdb, transactionSync', 1, 1_000, synchronous),
  lmdbStore('lmdb, transaction awaited', 1, 400, asynchronous),
  lmdbStore('lmdb, 64 transactions in flight', 64, 1_000, asynchronous),
];
