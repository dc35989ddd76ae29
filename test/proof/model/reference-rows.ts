import type { ReferenceLocks } from './reference-locks.ts';
import type { SampleValue } from './sample-value.ts';

/** A committed entry. Each commit creates a new object, so identity shows whether the entry has changed. */
export interface ReferenceRow {
  readonly value: SampleValue;
  readonly expiresAtMs: number | undefined;
}

/** An owner id that no transaction has. */
const NOBODY = -1;

/** The committed entries in the order of their last use, with the rules of eviction and expiry. */
export class ReferenceRows {
  nowMs = 0;
  readonly #rows = new Map<string, ReferenceRow>();
  readonly #locks: ReferenceLocks;
  readonly #max: number;

  constructor(locks: ReferenceLocks, max: number) {
    this.#locks = locks;
    this.#max = max;
  }

  get size(): number {
    return this.keys().length;
  }

  /** Returns the visible entry. An expired entry is visible only while a transaction has locked it. */
  peek(key: string): ReferenceRow | undefined {
    const row = this.#rows.get(key);
    return row !== undefined && this.#isOver(row) && !this.#locks.isHeld(key) ? undefined : row;
  }

  isThereOrLocked(key: string): boolean {
    return this.#locks.isTaken(NOBODY, key, 'exclusive') || this.#rows.has(key);
  }

  /** Returns the value, and counts as a use of the entry. */
  read(key: string): SampleValue | undefined {
    const row = this.peek(key);
    if (row !== undefined) this.#moveToEnd(key, row);
    return row?.value;
  }

  /** Returns the visible keys in key order. */
  keys(): string[] {
    return [...this.#rows.keys()].filter((key) => this.peek(key) !== undefined).sort();
  }

  entries(): Map<string, ReferenceRow> {
    return new Map(this.keys().map((key) => [key, this.#rows.get(key) as ReferenceRow]));
  }

  write(key: string, value: SampleValue | undefined, ttlMs: number | undefined): void {
    this.#rows.delete(key);
    if (value === undefined) return;
    this.#rows.set(key, { value, expiresAtMs: this.#deadline(ttlMs) });
  }

  /** Returns the remaining TTL of the entry in milliseconds, or undefined if it has none. */
  timeLeft(key: string): number | undefined {
    const expiresAtMs = this.peek(key)?.expiresAtMs;
    return expiresAtMs === undefined ? undefined : Math.max(0, expiresAtMs - this.nowMs);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    for (const key of this.#rows.keys()) if (this.peek(key) === undefined) this.#rows.delete(key);
  }

  /**
   * Evicts the least recently used entries that are not locked, until the limit is met. An entry that was
   * just written stays, even if every older entry is locked.
   */
  evict(justWritten: ReadonlySet<string> | undefined): void {
    while (this.#rows.size > this.#max) {
      const victim = this.#victim(justWritten);
      if (victim === undefined) return;
      this.#rows.delete(victim);
    }
  }

  #victim(justWritten: ReadonlySet<string> | undefined): string | undefined {
    let isOlderLocked = false;
    for (const key of this.#rows.keys()) {
      if (isOlderLocked && justWritten?.has(key)) return undefined;
      if (!this.#locks.isTaken(NOBODY, key, 'exclusive')) return key;
      isOlderLocked = true;
    }
    return undefined;
  }

  #deadline(ttlMs: number | undefined): number | undefined {
    return ttlMs === undefined || ttlMs === Number.POSITIVE_INFINITY ? undefined : this.nowMs + ttlMs;
  }

  #moveToEnd(key: string, row: ReferenceRow): void {
    this.#rows.delete(key);
    this.#rows.set(key, row);
  }

  #isOver({ expiresAtMs }: ReferenceRow): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.nowMs;
  }
}
