import type { SeededBug } from './seeded-bug.ts';

const HISTORY = 'src/memory/snapshot/version-history.ts';
const REMOVALS = 'src/memory/expiry/removals.ts';

/** Bugs of snapshots, expiry and eviction. */
export const VERSION_BUGS: readonly SeededBug[] = [
  {
    name: 'history dropped too early',
    what: 'The versions that a snapshot has been keeping go when it ends, although an older one needs them.',
    knownFrom: 'a vacuum that runs ahead of the oldest snapshot, against which PostgreSQL has OldestXmin',
    edits: [
      {
        file: HISTORY,
        find: 'if (older !== undefined && older.sequence >= version.createdAt) older.add(version); else this.#drop(version);',
        replace: 'this.#drop(version);',
      },
    ],
  },
  {
    name: 'history never dropped',
    what: 'A version passes to the older snapshot whether that one reads it or not, and so lives too long.',
    knownFrom: 'the bloat of version stores beside one long reader',
    edits: [
      {
        file: HISTORY,
        find: 'older.sequence >= version.createdAt',
        replace: 'version.replacedAt > 0',
      },
    ],
  },
  {
    name: 'a snapshot off by one',
    what: 'A snapshot reads what the last commit before it replaced.',
    knownFrom: 'visibility checks with < for <=, in any multiversion store',
    edits: [
      {
        file: HISTORY,
        find: 'version.replacedAt > view.sequence',
        replace: 'version.replacedAt >= view.sequence',
      },
    ],
  },
  {
    name: 'a snapshot scan misses what was deleted since',
    what: 'A scan of a snapshot goes through the keys that are there now.',
    knownFrom: 'indexes that hold the newest version alone',
    edits: [
      {
        file: 'src/memory/scan/snapshot-scan.ts',
        find: 'history.versions === 0 ? [] : history.keysIn(rest, reverse, count)',
        replace: '([] as string[])',
      },
    ],
  },
  {
    name: 'a ttl fires under a lock',
    what: 'An entry expires although an open transaction has read it and may read it again.',
    knownFrom: 'Redis before 6.0.9, where a key that expired under WATCH did not stop the transaction',
    edits: [{ file: REMOVALS, find: 'if (engine.expiry.pinned.has(key)) return true;', replace: '' }],
  },
  {
    name: 'a ttl outlives a put without one',
    what: 'A put that asks for no limit leaves the limit of the put before it.',
    knownFrom: "Redis' SET with KEEPTTL, which is an option for this reason",
    edits: [
      {
        file: 'src/memory/expiry/expiry.ts',
        find: 'else if (this.#index.size !== 0) { this.#index.delete(key); }',
        replace: '',
      },
    ],
  },
  {
    name: 'a locked entry is evicted',
    what: 'The cache drops an entry that an open transaction has read.',
    knownFrom: 'caches that know nothing of transactions, such as memcached in front of a database',
    edits: [
      {
        file: REMOVALS,
        find: "if (session.tryLock(key, 'exclusive')) return key;",
        replace: "session.tryLock(key, 'exclusive'); return key;",
      },
    ],
  },
];
