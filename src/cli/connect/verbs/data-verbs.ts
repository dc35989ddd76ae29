import type { PutOptions, RangeOptions, WaitOptions } from '../../../index.ts';
import { type Answer, type EntryRow, OK } from '../answer.ts';
import type { TypedWords } from '../typed-words.ts';
import type { AnyTransaction, Verb, VerbContext } from '../verb.ts';

/** A key and the id of a transaction behind it. */
const keyAndId = (words: number): boolean => words === 2;

/** A key and a value, perhaps a word and a number for the time to live, and the id. */
const pairsAndId = (words: number): boolean => words > 2 && words % 2 === 1;

const put: Omit<Verb, 'name' | 'summary'> = {
  usage: 'key value [EX seconds | PX ms] [id]',
  belongsTo: 'either',
  isDestructive: true,
  endsWithId: pairsAndId,
  completes: 'keys',
  async run(words, context) {
    const key = words.text();
    const value = words.text();
    const ttl = timeToLive(words);
    words.end();
    const options: PutOptions = { ...context.wait, ttl };
    await scopeOf(context).put(key, value, options);
    return OK;
  },
};

/** Commands that read and write entries, in a transaction or as one of their own. */
export const dataVerbs: readonly Verb[] = [
  {
    name: 'GET',
    usage: 'key [id]',
    summary: 'the value under a key',
    belongsTo: 'either',
    endsWithId: keyAndId,
    completes: 'keys',
    async run(words, context) {
      const key = lastWord(words);
      return { kind: 'value', value: await scopeOf(context).get(key, context.wait) };
    },
  },
  {
    name: 'GETFORUPDATE',
    usage: 'key [id]',
    summary: 'the same, locking it for a write to come',
    belongsTo: 'transaction',
    endsWithId: keyAndId,
    completes: 'keys',
    async run(words, { own, wait }) {
      const key = lastWord(words);
      return { kind: 'value', value: await own?.tx.getForUpdate(key, wait) };
    },
  },
  { name: 'PUT', summary: 'puts a value, quoted if it has spaces; or SET', keywords: ['EX', 'PX'], ...put },
  { name: 'SET', summary: 'the same as PUT', keywords: ['EX', 'PX'], ...put },
  {
    name: 'DEL',
    usage: 'key [id]',
    summary: 'deletes a key',
    belongsTo: 'either',
    isDestructive: true,
    endsWithId: keyAndId,
    completes: 'keys',
    async run(words, context) {
      const key = lastWord(words);
      const wasThere = await scopeOf(context).del(key, context.wait);
      return { kind: 'count', of: 'deleted', count: Number(wasThere) };
    },
  },
  {
    name: 'EXISTS',
    usage: 'key [id]',
    summary: 'whether there is such a key',
    belongsTo: 'either',
    endsWithId: keyAndId,
    completes: 'keys',
    async run(words, context) {
      const key = lastWord(words);
      return { kind: 'count', of: 'existing', count: Number(await scopeOf(context).has(key, context.wait)) };
    },
  },
  {
    name: 'PTTL',
    usage: 'key [id]',
    summary: 'the remaining TTL of a key, in milliseconds',
    belongsTo: 'either',
    endsWithId: keyAndId,
    completes: 'keys',
    async run(words, { own, store, wait }) {
      const key = lastWord(words);
      const read = (tx: AnyTransaction): Promise<Answer> => remainingTtl(tx, key, wait);
      return own === undefined ? store.transaction(read, { ...wait, readOnly: true }) : read(own.tx);
    },
  },
  {
    name: 'MGET',
    usage: 'key [key …]',
    summary: 'several values',
    belongsTo: 'either',
    completes: 'keys',
    async run(words, context) {
      const keys = words.rest();
      return { kind: 'values', keys, values: await scopeOf(context).getMany(keys, context.wait) };
    },
  },
  {
    name: 'MSET',
    usage: 'key value [key value …]',
    summary: 'puts several, all or none',
    belongsTo: 'either',
    isDestructive: true,
    async run(words, context) {
      const entries: EntryRow[] = [];
      do entries.push([words.text(), words.text()]);
      while (words.left > 0);
      await scopeOf(context).putMany(entries, context.wait);
      return OK;
    },
  },
  {
    name: 'ENTRIES',
    usage: '[PREFIX p] [GT k] [GTE k] [LT k] [LTE k] [REVERSE] [LIMIT n] [FORUPDATE] [SKIPLOCKED]',
    summary: 'the entries of a range, in key order',
    belongsTo: 'either',
    keywords: ['PREFIX', 'GT', 'GTE', 'LT', 'LTE', 'REVERSE', 'LIMIT', 'FORUPDATE', 'SKIPLOCKED'],
    run: listEntries,
  },
];

async function listEntries(words: TypedWords, context: VerbContext): Promise<Answer> {
  const range = readRange(words);
  const most = range.limit ?? context.maxRows;
  // One more than is wanted tells whether there are more.
  const limit = range.limit ?? (Number.isFinite(most) ? most + 1 : undefined);
  const rows: EntryRow[] = [];
  for await (const row of scopeOf(context).entries({ ...range, limit, ...context.wait })) rows.push(row);
  return { kind: 'entries', rows: rows.slice(0, most), hasMore: rows.length > most };
}

function readRange(words: TypedWords): RangeOptions {
  const range: { -readonly [K in keyof RangeOptions]: RangeOptions[K] } = {};
  while (words.left > 0) {
    if (words.skip('PREFIX')) range.prefix = words.text();
    else if (words.skip('GT')) range.gt = words.text();
    else if (words.skip('GTE')) range.gte = words.text();
    else if (words.skip('LT')) range.lt = words.text();
    else if (words.skip('LTE')) range.lte = words.text();
    else if (words.skip('REVERSE')) range.reverse = true;
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

async function remainingTtl(tx: AnyTransaction, key: string, wait: WaitOptions): Promise<Answer> {
  const [ttlMs, exists] = await Promise.all([tx.ttl(key, wait), tx.has(key, wait)]);
  return { kind: 'ttl', ttlMs, exists };
}

function lastWord(words: TypedWords): string {
  const word = words.text();
  words.end();
  return word;
}

function scopeOf({ own, store }: VerbContext): NonNullable<typeof own>['tx'] | typeof store {
  return own?.tx ?? store;
}
