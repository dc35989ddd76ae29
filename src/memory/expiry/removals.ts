import type { Cache } from '../../cache/cache-strategy.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import { MAX_EVICTED_PER_TURN, MAX_PUBLISHED_AT_ONCE } from '../../lifecycle/turn-limits.ts';
import type { LockSession } from '../../locks/lock-strategy.ts';
import type { Engine } from '../engine.ts';
import { deletionOf, type Write, type Writes } from '../write.ts';
import { Pins } from './pinned-entries.ts';

// The most locked candidates that one eviction skips. After that, the cache stays too full for now.
const MAX_LOCKED_CANDIDATES = 1024;

/** The writes of a commit, by key. */
type JustWritten = Pick<Writes, 'size' | 'get'>;

/** The number of entries and the total size that a cache keeps. */
type Amount = Pick<Cache, 'entries' | 'totalSize'>;

/**
 * Removes expired entries, and entries that do not fit into the cache. Each removal is a transaction of its
 * own. It skips keys that another transaction has locked.
 */
export class Removals {
  readonly #engine: Engine;
  readonly #underWay = new Set<Promise<void>>();
  /** Resolves when the cache has room again. Undefined if no eviction in several turns is running. */
  #makingRoom: Promise<void> | undefined = undefined;
  /** The amount that the cache kept after the last turn of that eviction. */
  #kept: Amount = { entries: 0, totalSize: 0 };
  /** True if the journal refused an eviction. The entries are back in the cache then. */
  #isRefused = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Resolves when every removal has been written to the journal. */
  async drain(): Promise<void> {
    // A removal may start another removal.
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Removes an entry if it has expired and no open transaction pins it. Returns whether it was removed. */
  expireIfDue(key: string): boolean {
    return this.#engine.expiry.isDue(key) && this.expire([key]) > 0;
  }

  expireDueIn(range: KeyRange): void {
    const { expiry } = this.#engine;
    if (expiry.size !== 0) this.expire(expiry.dueIn(range));
  }

  /**
   * Removes the keys that neither an open transaction nor a large commit keeps. Returns their number. Does
   * not wait for the journal. The journal also stores the expiry times, so the entries stay expired even if
   * it misses the removal.
   */
  expire(keys: readonly string[]): number {
    const engine = this.#engine;
    const free = keys.filter((key) => !this.#isKept(key));
    if (free.length === 0) return 0;
    const writes = free.map(deletionOf);
    engine.forcePublish(writes, undefined, 'expire');
    engine.counters.expirations += free.length;
    this.#journalExpiry(writes);
    for (const key of free) engine.events.emit('expire', { key, reason: 'expired' });
    return free.length;
  }

  #isKept(key: string): boolean {
    const { expiry, largeCommit } = this.#engine;
    // A large commit may be replacing this expired entry. The journal already has that write, so journaling
    // the removal would delete the new entry. If the new entry has expired too, it must expire only once.
    return expiry.pinned.has(key) || largeCommit?.find(key) !== undefined;
  }

  /** Deletes from the journal the entries that expired while the store was not running. */
  forget(keys: readonly string[]): void {
    if (keys.length > 0) this.#journalExpiry(keys.map(deletionOf));
  }

  #journalExpiry(writes: readonly Write[]): void {
    if (this.#engine.journal === undefined) return;
    this.#track(this.#append(this.#engine.nextId(), writes).catch((error) => this.#report(error)));
  }

  /**
   * Evicts entries if the cache is too full. Returns a promise if that takes several turns, for example after
   * a large commit into a small cache. Reports the error of a strategy instead of throwing it, because the
   * commit that filled the cache has succeeded.
   * @param justWritten the writes of that commit, unless it is the single write `only`
   */
  makeRoom(justWritten: JustWritten | undefined, only?: Write): Promise<void> | undefined {
    try {
      if (!this.#engine.cache.isOverfull) return undefined;
      return this.#evict(only === undefined ? justWritten : new Map([[only.key, only]]));
    } catch (error) {
      this.#engine.reportStrategy(error);
      return undefined;
    }
  }

  #evict(justWritten: JustWritten | undefined): Promise<void> | undefined {
    const isLarge = justWritten !== undefined && justWritten.size > MAX_PUBLISHED_AT_ONCE;
    if (!isLarge) {
      if (this.#makingRoom !== undefined) {
        // Evict as much as the commit added, so that the cache does not grow while the turns are delayed.
        this.#evictSome(justWritten, Number.POSITIVE_INFINITY, this.#kept);
        return undefined;
      }
      if (!this.#evictSome(justWritten, MAX_PUBLISHED_AT_ONCE)) return undefined;
    }
    this.#noteKept();
    if (this.#makingRoom === undefined) {
      this.#makingRoom = this.#evictInTurns(justWritten);
      this.#track(this.#makingRoom);
    }
    return this.#makingRoom;
  }

  async #evictInTurns(justWritten: JustWritten | undefined): Promise<void> {
    const { clock } = this.#engine.settings;
    this.#isRefused = false;
    try {
      await clock.yieldTurn();
      while (!this.#isRefused && this.#evictSome(justWritten, MAX_EVICTED_PER_TURN)) {
        this.#noteKept();
        await clock.yieldTurn();
      }
    } catch (error) {
      this.#engine.reportStrategy(error);
    } finally {
      this.#makingRoom = undefined;
    }
  }

  #noteKept(): void {
    const { entries, totalSize } = this.#engine.cache;
    this.#kept = { entries, totalSize };
  }

  /**
   * Evicts up to `most` of the first candidates that are not locked. Locked entries stay, and the cache
   * exceeds its limit meanwhile. Returns whether the cache is still too full and there may be more
   * candidates.
   * @param justWritten the writes of the commit that filled the cache. They stay if all candidates before
   * them are locked.
   * @param enough the eviction stops when the cache keeps at most this amount
   */
  #evictSome(justWritten: JustWritten | undefined, most: number, enough?: Amount): boolean {
    const engine = this.#engine;
    const id = engine.nextId();
    const session = engine.locks.session({ id, age: id });
    const pins = new Pins();
    const keys: string[] = [];
    const end = (): void => {
      engine.expiry.pinned.release(pins);
      try {
        session.releaseAll();
      } catch (cause) {
        engine.fail(cause);
      }
    };
    let hasMore = false;
    try {
      for (let left = most; engine.cache.isOverfull; left--) {
        if (enough !== undefined && !keepsMore(engine.cache, enough)) break;
        hasMore = left === 0;
        if (hasMore) break;
        const key = this.#lockCandidate(session, justWritten);
        if (key === undefined) break;
        if (this.expireIfDue(key)) continue;
        // Remove the key from the cache now, so that the next candidate differs and the cache reports its new
        // size.
        engine.cache.onRemove(key);
        keys.push(key);
        engine.expiry.pinned.pinKey(pins, key);
      }
    } catch (error) {
      // Evict the keys that were chosen so far. The next commit tries again.
      engine.reportStrategy(error);
    }
    if (keys.length === 0) {
      end();
    } else if (engine.journal === undefined) {
      this.#publishEviction(keys);
      end();
    } else {
      const appended = this.#append(id, keys.map(deletionOf));
      const published = appended.then(
        () => this.#publishEviction(keys),
        (error) => this.#undoEviction(keys, error),
      );
      this.#track(published.catch((error) => this.#report(error)).then(end));
    }
    return hasMore;
  }

  #lockCandidate(session: LockSession, justWritten: JustWritten | undefined): string | undefined {
    let locked = 0;
    for (const key of this.#engine.cache.candidates()) {
      if (locked > 0 && justWritten?.get(key) !== undefined) return undefined;
      if (session.tryLock(key, 'exclusive')) return key;
      if (++locked >= MAX_LOCKED_CANDIDATES) return undefined;
    }
    return undefined;
  }

  #publishEviction(keys: readonly string[]): void {
    const engine = this.#engine;
    engine.forcePublish(keys.map(deletionOf), undefined, 'evict');
    engine.counters.evictions += keys.length;
    for (const key of keys) engine.events.emit('evict', { key, reason: 'evicted' });
  }

  #undoEviction(keys: readonly string[], error: unknown): void {
    const { shards, cache } = this.#engine;
    this.#isRefused = true;
    this.#report(error);
    for (const key of keys) cache.onWrite(key, cache.sizeOf(key, shards.get(key)));
  }

  #append(transactionId: number, writes: readonly Write[]): Promise<void> {
    return this.#engine.append(transactionId, writes, undefined);
  }

  #report(error: unknown): void {
    this.#engine.events.emit('journalError', { error });
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    work.finally(() => this.#underWay.delete(work));
  }
}

function keepsMore(cache: Amount, { entries, totalSize }: Amount): boolean {
  return cache.entries > entries || cache.totalSize > totalSize;
}
