import type { SeededBug } from './seeded-bug.ts';

/** Bugs of snapshots, expiry and eviction. */
export const VERSION_BUGS: readonly SeededBug[] = [
  {
    name: 'history dropped too early',
    what: 'When a snapshot ends, the versions that it kept are dropped, although an older one needs them.',
    knownFrom: "a vacuum that runs ahead of the oldest snapshot, which PostgreSQL's OldestXmin prevents",
    edits: [
      { symbol: 'VersionHistory.#settle', at: 'statement with add', becomes: 'this.#drop($arguments);' },
    ],
  },
  {
    name: 'history never dropped',
    what: 'A version passes to the older snapshot whether that one reads it or not, and so lives too long.',
    knownFrom: 'the bloat of version stores beside one long reader',
    edits: [{ symbol: 'VersionHistory.#settle', at: 'condition with createdAt', becomes: 'true' }],
  },
  {
    name: 'a snapshot off by one',
    what: 'A snapshot reads what the last commit before it replaced.',
    knownFrom: 'visibility checks with < for <=, in any multiversion store',
    edits: [
      { symbol: 'VersionHistory.find', at: 'expression with sequence', becomes: '($object.sequence - 1)' },
    ],
  },
  {
    name: 'a snapshot scan misses what was deleted since',
    what: 'A scan of a snapshot visits only the keys that exist now.',
    knownFrom: 'indexes that hold the newest version alone',
    edits: [{ symbol: 'SnapshotScan.#lookAhead', at: 'condition with versions', becomes: 'true' }],
  },
  {
    name: 'a ttl fires under a lock',
    what: 'An entry expires although an open transaction has read it and may read it again.',
    knownFrom: 'Redis before 6.0.9, where a key that expired under WATCH did not stop the transaction',
    edits: [{ symbol: 'Removals.#isKept', at: 'condition with pinned', becomes: 'false' }],
  },
  {
    name: 'a ttl outlives a put without one',
    what: 'A put without a TTL keeps the TTL of the put before it.',
    knownFrom: "Redis' SET with KEEPTTL, which is an option for this reason",
    edits: [{ symbol: 'Expiry.set', at: 'condition with size', becomes: 'false' }],
  },
  {
    name: 'a locked entry is evicted',
    what: 'The cache drops an entry that an open transaction has read.',
    knownFrom: 'caches that know nothing of transactions, such as memcached in front of a database',
    edits: [{ symbol: 'Removals.#lockCandidate', at: 'expression with tryLock', becomes: '($0, true)' }],
  },
];
