import type { ChangeBatch, MemStore, WatchOptions, WatchRange } from 'memstore-tx';
import { expect } from 'vitest';
import { covers, toKeyRange } from '../../../src/contract/key-range.ts';

/** The values of the random work: the number of the transaction, and how many entries it put. */
export interface Stamp {
  readonly tx: number;
  readonly puts: number;
}

export type Stamps = Record<string, Stamp>;
type Batch = ChangeBatch<Stamps>;

/** The entries of the store after the commit of each recorded revision. */
export type Truth = Map<string, ReadonlyMap<string, Stamp>>;

export interface FollowerOptions {
  readonly name: string;
  readonly range?: string | WatchRange;
  readonly options: WatchOptions;
}

/** Follows a store through a feed at its own pace, and compares its copy with the store at each revision. */
export class Follower {
  readonly causes = { put: 0, touch: 0, del: 0, expire: 0, evict: 0 };
  resyncs = 0;
  /** The number of times that the copy was compared with the store. */
  compared = 0;
  readonly #store: MemStore<Stamps>;
  readonly #given: FollowerOptions;
  readonly #truth: Truth;
  readonly #copy = new Map<string, Stamp>();
  #snapshot: Map<string, Stamp> | undefined = undefined;
  #feed: AsyncIterableIterator<Batch>;
  #revision: string | undefined = undefined;
  /** Whether the feed began with `since`. */
  #isResumed = false;
  #isPending = false;
  #failure: unknown = undefined;

  constructor(store: MemStore<Stamps>, given: FollowerOptions, truth: Truth) {
    this.#store = store;
    this.#given = given;
    this.#truth = truth;
    this.#feed = this.#open(given.options);
  }

  get isPending(): boolean {
    return this.#isPending;
  }

  #open(options: WatchOptions): AsyncIterableIterator<Batch> {
    return this.#store.watch(this.#given.range as WatchRange, options);
  }

  /** Requests one more batch, unless a call is already waiting. */
  ask(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isPending) return;
    this.#isPending = true;
    this.#feed.next().then(
      ({ value }) => {
        this.#isPending = false;
        try {
          if (value !== undefined) this.#apply(value);
        } catch (error) {
          this.#failure = error;
        }
      },
      (error: unknown) => {
        this.#failure = error;
      },
    );
  }

  /** Closes the feed, and continues with a new feed that starts at the same revision. */
  resume(): void {
    if (this.#isPending || this.#revision === undefined || this.#snapshot !== undefined) return;
    void this.#feed.return?.();
    this.#isResumed = true;
    this.#feed = this.#open({ ...this.#given.options, initial: false, since: this.#revision });
  }

  /** Compares the copy with the entries of the store, after all batches were read. */
  checkEnd(entries: ReadonlyMap<string, Stamp>): void {
    if (this.#failure !== undefined) throw this.#failure;
    expect(sorted(this.#copy), this.#given.name).toEqual(sorted(this.#own(entries)));
  }

  #apply(batch: Batch): void {
    if (batch.type === 'snapshot') {
      this.#applySnapshot(batch.entries, batch.revision, batch.last);
      return;
    }
    if (batch.type === 'resync') {
      this.resyncs++;
      this.#snapshot = undefined;
      // A feed that resumed with `since` has no snapshot, so another feed begins.
      if (this.#isResumed) this.#restart();
      else this.#revision = undefined;
      return;
    }
    if (batch.type === 'commit') this.#applyCommit(batch);
    this.#check(batch.revision);
  }

  #restart(): void {
    this.#isResumed = false;
    void this.#feed.return?.();
    this.#revision = undefined;
    this.#feed = this.#open({ ...this.#given.options, initial: true });
  }

  #applySnapshot(entries: [string, Stamp][], revision: string, last: boolean): void {
    this.#snapshot ??= new Map();
    for (const [key, value] of entries) this.#snapshot.set(key, value);
    if (!last) return;
    this.#copy.clear();
    for (const [key, value] of this.#snapshot) this.#copy.set(key, value);
    this.#snapshot = undefined;
    this.#check(revision);
  }

  #applyCommit({ changes, revision }: Batch & { type: 'commit' }): void {
    const { mode, values } = this.#given.options;
    expect(changes.length, 'a batch is not empty').toBeGreaterThan(0);
    expect(new Set(changes.map(({ key }) => key)).size, 'one change per key').toBe(changes.length);
    for (const { key, value, previous, cause } of changes) {
      this.causes[cause]++;
      const isRemoval = cause === 'del' || cause === 'expire' || cause === 'evict';
      expect(value === undefined, `${cause} of ${key}`).toBe(isRemoval);
      if (values === 'both')
        expect(previous, `${cause} of ${key} at ${revision}`).toEqual(this.#copy.get(key));
      if (isRemoval) expect(this.#copy.has(key), `${cause} of an absent ${key} at ${revision}`).toBe(true);
      if (value === undefined) this.#copy.delete(key);
      else this.#copy.set(key, value);
    }
    if (mode !== 'latest' && this.#given.range === undefined) this.#checkWhole(changes);
  }

  /** Checks that the batch has every put of its transaction, and no put of another transaction. */
  #checkWhole(changes: (Batch & { type: 'commit' })['changes']): void {
    const puts = changes.filter(({ cause }) => cause === 'put');
    for (const { value } of puts) {
      expect(value?.tx, 'the transaction of the batch').toBe(puts[0]?.value?.tx);
      expect(puts.length, `the puts of transaction ${value?.tx}`).toBe(value?.puts);
    }
  }

  #check(revision: string): void {
    this.#revision = revision;
    const truth = this.#truth.get(revision);
    if (truth === undefined) return;
    this.compared++;
    expect(sorted(this.#copy), `${this.#given.name} at ${revision}`).toEqual(sorted(this.#own(truth)));
  }

  #own(entries: ReadonlyMap<string, Stamp>): Map<string, Stamp> {
    const { range = {} } = this.#given;
    const isOwn = (key: string): boolean =>
      typeof range === 'string' ? key === range : covers(toKeyRange(range), key);
    return new Map([...entries].filter(([key]) => isOwn(key)));
  }
}

function sorted(entries: ReadonlyMap<string, Stamp>): [string, Stamp][] {
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1));
}
