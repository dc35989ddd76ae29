import { Mutex } from 'async-mutex';
import Database from 'better-sqlite3';
import type { Contender } from './contender.ts';
import { sumOf } from './sum-of.ts';

/**
 * better-sqlite3 in memory. Its transactions end at the first await, so transactions with asynchronous work
 * run behind one mutex.
 */
export const betterSqlite: Contender = {
  name: 'better-sqlite3 :memory:',
  promises: 'serializable; transactions are synchronous, or one at a time behind a mutex',
  abilities: ['asynchronous work', 'snapshots'],
  inFlight: 1,
  operations: 4_000,
  async open(keys) {
    const database = new Database(':memory:');
    database.exec('CREATE TABLE entries (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID');
    const select = database.prepare<[string], number>('SELECT value FROM entries WHERE key = ?').pluck();
    const upsert = database.prepare(
      'INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
    );
    const page = database
      .prepare<[string, number], number>('SELECT value FROM entries WHERE key >= ? ORDER BY key LIMIT ?')
      .pluck();
    const total = database.prepare<[], number>('SELECT sum(value) FROM entries').pluck();
    database.transaction(() => {
      for (const key of keys) upsert.run(key, 0);
    })();

    const mutex = new Mutex();
    const readAll = (wanted: readonly string[]): number[] => wanted.map((key) => select.get(key) ?? 0);
    const writeSome = (wanted: readonly string[], values: readonly number[], writes: number): void => {
      for (let index = 0; index < writes; index++) upsert.run(wanted[index], (values[index] ?? 0) + 1);
    };
    const increment = database.transaction((key: string): number => {
      const value = select.get(key) ?? 0;
      upsert.run(key, value + 1);
      return value;
    });
    const update = database.transaction((wanted: readonly string[], writes: number): number => {
      const values = readAll(wanted);
      writeSome(wanted, values, writes);
      return sumOf(values);
    });
    const read = database.transaction((wanted: readonly string[]): number => sumOf(readAll(wanted)));
    return {
      increment: async (key) => increment.immediate(key),
      update: async (wanted, writes, work) => {
        if (work === undefined) return update.immediate(wanted, writes);
        return mutex.runExclusive(async () => {
          database.exec('BEGIN IMMEDIATE');
          const values = readAll(wanted);
          await work();
          writeSome(wanted, values, writes);
          database.exec('COMMIT');
          return sumOf(values);
        });
      },
      read: async (wanted) => read(wanted),
      get: async (key) => select.get(key) ?? 0,
      put: async (key, value) => void upsert.run(key, value),
      scan: async (from, limit) => sumOf(page.iterate(from, limit)),
      total: async () => total.get() ?? 0,
      close: async () => void database.close(),
    };
  },
};
