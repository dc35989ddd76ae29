import { PGlite } from '@electric-sql/pglite';
import type { Contender, Session } from './contender.ts';
import { sumOf } from './sum-of.ts';

interface ValueRow {
  readonly value: number;
}

/**
 * PostgreSQL compiled to WebAssembly, in memory. It has one connection, so transactions run one at a time.
 */
export const pglite: Contender = {
  name: 'PGlite',
  promises: 'serializable, since one at a time',
  abilities: ['asynchronous work', 'snapshots'],
  inFlight: 1,
  operations: 40,
  async open(keys) {
    const database = await PGlite.create();
    await database.exec('CREATE TABLE entries (key text COLLATE "C" PRIMARY KEY, value integer NOT NULL)');
    await database.query('INSERT INTO entries SELECT unnest($1::text[]), 0', [keys]);
    const upsert =
      'INSERT INTO entries VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
    const update: Session['update'] = (wanted, writes, work) =>
      database.transaction(async (tx) => {
        const values: number[] = [];
        for (const key of wanted) {
          const { rows } = await tx.query<ValueRow>('SELECT value FROM entries WHERE key = $1', [key]);
          values.push(rows[0]?.value ?? 0);
        }
        if (work !== undefined) await work();
        for (let index = 0; index < writes; index++)
          await tx.query(upsert, [wanted[index], (values[index] ?? 0) + 1]);
        return sumOf(values);
      });
    return {
      increment: (key) => update([key], 1),
      update,
      async read(wanted) {
        const { rows } = await database.query<{ readonly sum: string }>(
          'SELECT sum(value) AS sum FROM entries WHERE key = ANY($1::text[])',
          [wanted],
        );
        return Number(rows[0]?.sum ?? 0);
      },
      async get(key) {
        const { rows } = await database.query<ValueRow>('SELECT value FROM entries WHERE key = $1', [key]);
        return rows[0]?.value ?? 0;
      },
      put: async (key, value) => void (await database.query(upsert, [key, value])),
      async scan(from, limit) {
        const { rows } = await database.query<ValueRow>(
          'SELECT value FROM entries WHERE key >= $1 ORDER BY key LIMIT $2',
          [from, limit],
        );
        return sumOf(rows.map(({ value }) => value));
      },
      async total() {
        const { rows } = await database.query<{ readonly sum: string }>(
          'SELECT sum(value) AS sum FROM entries',
        );
        return Number(rows[0]?.sum ?? 0);
      },
      close: () => database.close(),
    };
  },
};
