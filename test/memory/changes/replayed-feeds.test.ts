import { type JournalStrategy, lru, MemStore, type MemStoreOptions, type Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '../../../src/testing/seeded-random.ts';
import { inFullRun } from '../../run-size.ts';
import { Follower, type FollowerOptions, type Stamp, type Stamps, type Truth } from './follower.ts';

// A transaction of more than three writes is a large commit here, and each turn does one step of it.
vi.mock('../../../src/lifecycle/turn-limits.ts', () => ({
  TURN_MS: 0,
  STEPS_PER_LOOK: 1,
  MAX_PUBLISHED_AT_ONCE: 3,
  MAX_RELEASED_AT_ONCE: 3,
  MAX_UNDONE_AT_ONCE: 3,
  MAX_EVICTED_PER_TURN: 2,
}));

const KEYS = Array.from({ length: 12 }, (_, index) => `${'abc'[index % 3]}${index}`);
const MODES = ['all', 'latest'] as const;

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A journal that stores nothing and takes one turn for each commit. */
const slowJournal: JournalStrategy = {
  name: 'slow',
  create: () => ({ async *load() {}, append: () => nextTurn(), close: () => Promise.resolve() }),
};

const SETUPS: readonly (readonly [name: string, options: MemStoreOptions])[] = [
  ['in memory', {}],
  ['with a journal', { journal: slowJournal }],
  ['with eviction', { cache: lru({ max: 6 }) }],
  ['with short snapshots', { maxHistoryVersions: 2 }],
  ['with past changes', { changes: { keep: 12 } }],
  [
    'with eviction, a journal and past changes',
    { cache: lru({ max: 6 }), journal: slowJournal, changes: { keep: 40 } },
  ],
];

const FOLLOWERS: readonly FollowerOptions[] = MODES.flatMap(
  (mode) =>
    [
      {
        name: `all keys, ${mode}`,
        options: { mode, initial: true, values: 'both', maxBuffered: Number.POSITIVE_INFINITY },
      },
      { name: `small buffer, ${mode}`, options: { mode, initial: true, values: 'both', maxBuffered: 4 } },
      { name: `small bytes, ${mode}`, options: { mode, initial: true, maxBufferedBytes: 2_000 } },
      { name: `a prefix, ${mode}`, range: { prefix: 'a' }, options: { mode, initial: true, values: 'both' } },
      { name: `bounds, ${mode}`, range: { gt: 'a3', lte: 'b7' }, options: { mode, initial: true } },
      {
        name: `a key, ${mode}`,
        range: 'b1',
        options: { mode, initial: true, values: 'both', maxBuffered: 2 },
      },
    ] satisfies FollowerOptions[],
);

class Work {
  readonly store: MemStore<Stamps>;
  readonly truth: Truth = new Map();
  readonly followers: Follower[];
  readonly #clock = Object.assign(new FakeClock(), { yieldTurn: nextTurn });
  readonly #random: () => number;
  #transactions = 0;

  constructor(options: MemStoreOptions, seed: number) {
    this.#random = seededRandom(seed);
    this.store = new MemStore<Stamps>({ ...options, clock: this.#clock, random: this.#random });
    this.followers = FOLLOWERS.map((given) => new Follower(this.store, given, this.truth));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #keys(count: number): string[] {
    const keys = new Set<string>();
    while (keys.size < count) keys.add(KEYS[this.#below(KEYS.length)] as string);
    return [...keys];
  }

  async run(rounds: number): Promise<void> {
    // This follower never resumes, so that it can count every change.
    this.followers[0]?.ask();
    for (let round = 0; round < rounds; round++) {
      const together = this.#random() < 0.7 ? 1 : 4;
      await this.#settle(Promise.all(Array.from({ length: together }, () => this.#step())));
      await this.#read();
      if (this.#random() < 0.6) await this.#look();
    }
    await this.#finish();
  }

  /**
   * Waits for the work. Advances the clock when the work waits for time to pass, as a retry after a deadlock
   * does.
   */
  async #settle(work: Promise<unknown>): Promise<void> {
    let isSettled = false;
    const done = work.finally(() => {
      isSettled = true;
    });
    for (let turn = 1; !isSettled; turn++) {
      for (const follower of this.followers) if (this.#random() < 0.1) follower.ask();
      await nextTurn();
      if (turn % 100 === 0) this.#clock.advance(1);
    }
    await done;
  }

  /** Records the entries at this revision. */
  async #look(): Promise<void> {
    const entries = new Map<string, Stamp>();
    for await (const [key, value] of this.store.entries()) entries.set(key, value);
    const feed = this.store.watch();
    const { value } = await feed.next();
    await feed.return?.();
    this.truth.set((value as { revision: string }).revision, entries);
  }

  /** Lets each follower read or resume at random times. */
  async #read(): Promise<void> {
    for (const [index, follower] of this.followers.entries()) {
      if (this.#random() < 0.5) follower.ask();
      if (index > 0 && this.#random() < 0.03) follower.resume();
    }
    if (this.#random() < 0.5) await nextTurn();
  }

  async #step(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.15) this.#clock.advance(this.#below(200));
    else if (kind < 0.3) await this.store.del(this.#keys(1)[0] as string);
    else if (kind < 0.4) await this.store.touch(this.#keys(1)[0] as string, { ttl: 1 + this.#below(300) });
    else if (kind < 0.65) await this.#put(1);
    else if (kind < 0.8) await this.#put(1 + this.#below(8));
    else await this.store.transaction((tx) => this.#change(tx)).catch(() => {});
  }

  async #put(count: number): Promise<void> {
    const stamp = { tx: ++this.#transactions, puts: count };
    const ttl = this.#random() < 0.3 ? 1 + this.#below(300) : undefined;
    await this.store.putMany(
      this.#keys(count).map((key) => [key, stamp] as const),
      { ttl },
    );
  }

  /**
   * Puts and deletes in one transaction. Sometimes rolls back to a savepoint, or rolls back the whole
   * transaction.
   */
  async #change(tx: Transaction<Stamps>): Promise<void> {
    const [first, ...others] = this.#keys(2 + this.#below(5)) as [string, ...string[]];
    const stamp = { tx: ++this.#transactions, puts: others.length };
    await tx.put(first, stamp);
    await tx.del(first);
    const savepoint = await tx.savepoint();
    await tx.put(first, { tx: 0, puts: 0 });
    await tx.rollbackTo(savepoint);
    for (const key of others) await tx.put(key, stamp);
    if (this.#random() < 0.2) throw new Error('rolled back');
  }

  /** Reads every feed to its end, and compares all copies. */
  async #finish(): Promise<void> {
    const entries = new Map<string, Stamp>();
    for (let turn = 0; turn < 200; turn++) {
      for (const follower of this.followers) follower.ask();
      await nextTurn();
    }
    await this.#look();
    for await (const [key, value] of this.store.entries()) entries.set(key, value);
    for (const follower of this.followers) follower.checkEnd(entries);
  }
}

const SEEDS = Array.from({ length: inFullRun(40, 6) }, (_, index) => index + 1);

describe('a replayed feed equals the store at every revision', () => {
  for (const [name, options] of SETUPS)
    it.each(SEEDS)(`${name}, seed %i`, async (seed) => {
      const work = new Work(options, seed);
      await work.run(120);
      const { evictions, expirations } = work.store.stats();
      const sum = (count: (follower: Follower) => number): number =>
        work.followers.reduce((total, follower) => total + count(follower), 0);
      expect(sum(({ compared }) => compared)).toBeGreaterThan(50);
      expect(sum(({ resyncs }) => resyncs)).toBeGreaterThan(5);
      const [everything] = work.followers as [Follower];
      expect(everything.resyncs).toBe(0);
      expect(everything.causes).toMatchObject({ expire: expirations, evict: evictions });
      await work.store.close();
    });
});
