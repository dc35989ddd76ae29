import type { ShownRow } from '../answer.ts';
import type { Verb } from '../verb.ts';

/** Commands about the store and the server as a whole. */
export const reportVerbs: readonly Verb[] = [
  {
    name: 'SHOWALL',
    usage: '[LIMIT n]',
    summary: 'every committed entry, and who holds it',
    belongsTo: 'store',
    keywords: ['LIMIT'],
    async run(words, { store, maxRows, wait }) {
      const limit = words.skip('LIMIT') ? words.count() : maxRows;
      words.end();
      const rows: ShownRow[] = [];
      for await (const [key, { value, transactionId }] of store.showAll()) {
        wait.signal?.throwIfAborted();
        if (rows.length === limit) return { kind: 'everything', rows, hasMore: true };
        rows.push([key, value, transactionId]);
      }
      return { kind: 'everything', rows, hasMore: false };
    },
  },
  {
    name: 'LOCKS',
    usage: '[SUMMARY]',
    summary: 'who holds what, and who waits for whom',
    belongsTo: 'store',
    keywords: ['SUMMARY'],
    async run(words, { store }) {
      const isSummary = words.skip('SUMMARY');
      words.end();
      if (isSummary) return { kind: 'lock-summary', summary: await store.lockSummary() };
      return { kind: 'locks', report: await store.locks() };
    },
  },
  {
    name: 'STATS',
    usage: '',
    summary: 'the counters of the store',
    belongsTo: 'store',
    async run(words, { store }) {
      words.end();
      return { kind: 'stats', stats: await store.stats() };
    },
  },
  {
    name: 'INFO',
    usage: '',
    summary: 'the server: memory, clients, uptime',
    belongsTo: 'store',
    async run(words, { store }) {
      words.end();
      return { kind: 'info', info: await store.info() };
    },
  },
  {
    name: 'DBSIZE',
    usage: '',
    summary: 'the number of entries',
    belongsTo: 'store',
    async run(words, { store }) {
      words.end();
      return { kind: 'count', of: 'entries', count: (await store.stats()).entries };
    },
  },
  {
    name: 'PING',
    usage: '',
    summary: 'whether the server answers',
    belongsTo: 'store',
    async run(words, { store }) {
      words.end();
      // Any answer is a sign of life.
      await store.info();
      return { kind: 'text', text: 'PONG' };
    },
  },
];
