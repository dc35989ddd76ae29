import type { ShownRow } from '../answer.ts';
import type { VerbCodes } from '../verb.ts';

/** The commands that report on the store and the server. */
export const reportVerbs: VerbCodes = {
  SHOWALL: {
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
  LOCKS: {
    async run(words, { store }) {
      const isSummary = words.skip('SUMMARY');
      words.end();
      if (isSummary) return { kind: 'lock-summary', summary: await store.lockSummary() };
      return { kind: 'locks', report: await store.locks() };
    },
  },
  STATS: {
    async run(words, { store }) {
      words.end();
      return { kind: 'stats', stats: await store.stats() };
    },
  },
  INFO: {
    async run(words, { store }) {
      words.end();
      return { kind: 'info', info: await store.info() };
    },
  },
  DBSIZE: {
    async run(words, { store }) {
      words.end();
      return { kind: 'count', of: 'entries', count: (await store.stats()).entries };
    },
  },
  PING: {
    async run(words, { store }) {
      words.end();
      // Any reply shows that the server is alive.
      await store.info();
      return { kind: 'text', text: 'PONG' };
    },
  },
};
