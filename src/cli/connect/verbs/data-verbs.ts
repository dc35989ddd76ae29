import type { PutOptions, RangeOptions, ReadTransaction, WaitOptions } from '../../../index.ts';
import { type Answer, type EntryRow, OK } from '../answer.ts';
import type { TypedWords } from '../typed-words.ts';
import { scopeOf, type VerbCodes, type VerbContext } from '../verb.ts';
import { readBound, updateVerbs } from './update-verbs.ts';

type AnyReadTransaction = ReadTransaction<Record<string, unknown>>;

/** The commands that read and write entries, inside or outside a transaction. */
export const dataVerbs: VerbCodes = {
  GET: {
    async run(words, context) {
      const key = lastWord(words);
      return { kind: 'value', value: await scopeOf(context).get(key, context.wait) };
    },
  },
  GETFORUPDATE: {
    async run(words, { own, wait }) {
      const key = lastWord(words);
      return { kind: 'value', value: await own?.tx.getForUpdate(key, wait) };
    },
  },
  PUT: { run: put },
  SET: { run: put },
  DEL: {
    async run(words, context) {
      const key = lastWord(words);
      const wasThere = await scopeOf(context).del(key, context.wait);
      return { kind: 'count', of: 'deleted', count: Number(wasThere) };
    },
  },
  EXISTS: {
    async run(words, context) {
      const key = lastWord(words);
      return { kind: 'count', of: 'existing', count: Number(await scopeOf(context).has(key, context.wait)) };
    },
  },
  PTTL: {
    async run(words, { own, store, wait }) {
      const key = lastWord(words);
      const read = (tx: AnyReadTransaction): Promise<Answer> => remainingTtl(tx, key, wait);
      return own === undefined ? store.transaction(read, { ...wait, readOnly: true }) : read(own.tx);
    },
  },
  MGET: {
    async run(words, context) {
      const keys = words.rest();
      return { kind: 'values', keys, values: await scopeOf(context).getMany(keys, context.wait) };
    },
  },
  MSET: {
    async run(words, context) {
      const entries: EntryRow[] = [];
      do entries.push([words.text(), words.text()]);
      while (words.left > 0);
      await scopeOf(context).putMany(entries, context.wait);
      return OK;
    },
  },
  ENTRIES: {
    run: listEntries,
  },
  ...updateVerbs,
};

async function put(words: TypedWords, context: VerbContext): Promise<Answer> {
  const key = words.text();
  const value = words.text();
  const ttl = timeToLive(words);
  words.end();
  const options: PutOptions = { ...context.wait, ttl };
  await scopeOf(context).put(key, value, options);
  return OK;
}

async function listEntries(words: TypedWords, context: VerbContext): Promise<Answer> {
  const range = readRange(words);
  const most = range.limit ?? context.maxRows;
  // Read one row more than the limit to see whether there are more.
  const limit = range.limit ?? (Number.isFinite(most) ? most + 1 : undefined);
  const rows: EntryRow[] = [];
  for await (const row of scopeOf(context).entries({ ...range, limit, ...context.wait })) rows.push(row);
  return { kind: 'entries', rows: rows.slice(0, most), hasMore: rows.length > most };
}

function readRange(words: TypedWords): RangeOptions {
  const range: { -readonly [K in keyof RangeOptions]: RangeOptions[K] } = {};
  while (words.left > 0) {
    if (readBound(words, range)) continue;
    if (words.skip('REVERSE')) range.reverse = true;
    else if (words.skip('LIMIT')) range.limit = words.count();
    else if (words.skip('FORUPDATE')) range.forUpdate = true;
    else if (words.skip('SKIPLOCKED')) range.skipLocked = true;
    else throw words.misuse();
  }
  return range;
}

function timeToLive(words: TypedWords): number | undefined {
  if (words.skip('EX')) return 1000 * words.countOrInfinity();
  return words.skip('PX') ? words.countOrInfinity() : undefined;
}

async function remainingTtl(tx: AnyReadTransaction, key: string, wait: WaitOptions): Promise<Answer> {
  const [ttlMs, exists] = await Promise.all([tx.ttl(key, wait), tx.has(key, wait)]);
  return { kind: 'ttl', ttlMs, exists };
}

function lastWord(words: TypedWords): string {
  const word = words.text();
  words.end();
  return word;
}
