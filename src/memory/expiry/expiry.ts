import { finiteTtl } from '../../arguments/ttl.ts';
import type { Clock } from '../../contract/clock.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { Write } from '../write.ts';
import { ExpiryIndex } from './expiry-index.ts';
import { ExpirySweeper } from './expiry-sweeper.ts';
import { PinnedEntries } from './pinned-entries.ts';

/** The part of a cache that expiry uses. */
interface DefaultTtl {
  readonly defaultTtlMs: number | undefined;
}

/** Stores the expiry times of the committed entries, and the entries that open transactions pin. */
export class Expiry {
  readonly pinned: PinnedEntries = new PinnedEntries();
  readonly #clock: Clock;
  readonly #cache: DefaultTtl;
  readonly #index = new ExpiryIndex();
  readonly #sweeper: ExpirySweeper;

  /** @param expire removes the given keys, except those that an open transaction keeps */
  constructor(clock: Clock, cache: DefaultTtl, expire: (keys: readonly string[]) => void) {
    this.#clock = clock;
    this.#cache = cache;
    this.#sweeper = new ExpirySweeper(clock, this.#index, expire);
  }

  /** The number of entries that have an expiry time. */
  get size(): number {
    return this.#index.size;
  }

  /** Returns the expiry time of a committed entry, or undefined if it never expires. */
  get(key: string): number | undefined {
    return this.#index.get(key);
  }

  /** Sets the expiry time of a committed entry. Undefined means that it never expires. */
  set(key: string, expiresAtMs: number | undefined): void {
    if (expiresAtMs !== undefined) {
      this.#index.set(key, expiresAtMs);
      this.#sweeper.notice(expiresAtMs);
    } else if (this.#index.size !== 0) {
      this.#index.delete(key);
    }
  }

  /**
   * Returns the expiry time of an entry that is committed at `commitMs` (default: now), or undefined if it
   * never expires.
   */
  deadlineOf(write: Write, commitMs: number | undefined): number | undefined {
    if (write.expiresAtMs !== undefined) return write.expiresAtMs;
    const ttlMs = finiteTtl(write.ttlMs ?? this.#cache.defaultTtlMs);
    // Only entries with a TTL cost a clock read.
    return ttlMs === undefined ? undefined : (commitMs ?? this.#clock.epochMs()) + ttlMs;
  }

  isOver(expiresAtMs: number | undefined): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#clock.epochMs();
  }

  isDue(key: string): boolean {
    return this.isOver(this.#index.get(key));
  }

  /** Returns whether an entry has expired and no open transaction pins it. */
  isHidden(key: string): boolean {
    return this.#index.size !== 0 && this.isDue(key) && !this.pinned.has(key);
  }

  /**
   * Returns the remaining TTL of a committed entry in milliseconds, or undefined if the entry never expires.
   * Returns 0 for an expired entry that an open transaction pins.
   */
  timeLeftMs(key: string): number | undefined {
    const expiresAtMs = this.#index.get(key);
    return expiresAtMs === undefined ? undefined : Math.max(0, expiresAtMs - this.#clock.epochMs());
  }

  /** Returns the due keys of a range. */
  dueIn(range: KeyRange): string[] {
    return this.#index.dueIn(range, this.#clock.epochMs());
  }

  /** Returns the expired entries that open transactions pin, or undefined if there are none. */
  pinnedDueKeys(nowMs: number): Set<string> | undefined {
    const { nextDueMs } = this.#index;
    if (nextDueMs === undefined || nextDueMs > nowMs || this.pinned.isEmpty) return undefined;
    const keys = new Set<string>();
    for (const key of this.#index.dueBy(nowMs)) if (this.pinned.has(key)) keys.add(key);
    return keys;
  }

  /** Stops the sweep. From now on, an expired entry is removed only when its key is locked or written. */
  stopSweeping(): void {
    this.#sweeper.stop();
  }
}
