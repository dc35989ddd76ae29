import { covers, coversRange, type KeyRange } from '../../contract/key-range.ts';

/** What one open transaction keeps from expiring. */
export class Hold {
  readonly keys: Set<string> = new Set();
  readonly ranges: KeyRange[] = [];
}

/**
 * The entries with a `ttl` that open transactions have locked and found. Until these transactions end, such
 * an entry stays although its time may be over, so that they can read it again. A lock alone is not enough: a
 * transaction that gets one after the deadline must find the entry gone.
 */
export class HeldOver {
  readonly #holders = new Map<string, number>();
  readonly #holds = new Set<Hold>();
  /** The holds that keep nothing any more. Their keys are counted until they are released. */
  readonly #ended = new Set<Hold>();

  /** True when no entry is kept, and every hold that has ended is released. */
  get isEmpty(): boolean {
    return this.#holds.size + this.#ended.size === 0;
  }

  /** True when an open transaction keeps the entry of this key. */
  has(key: string): boolean {
    const isCounted = this.#holders.has(key);
    if (isCounted && this.#ended.size === 0) return true;
    for (const { keys, ranges } of this.#holds)
      if ((isCounted && keys.has(key)) || ranges.some((range) => covers(range, key))) return true;
    return false;
  }

  /** Stops a hold from keeping anything, in one step. Releasing it may then take several. */
  end(hold: Hold): void {
    if (this.#holds.delete(hold)) this.#ended.add(hold);
  }

  keepKey(hold: Hold, key: string): void {
    this.#holds.add(hold);
    if (hold.keys.has(key)) return;
    hold.keys.add(key);
    this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
  }

  /** Keeps every entry that is in the range now; none can come into it while it is locked. */
  keepRange(hold: Hold, range: KeyRange): void {
    this.#holds.add(hold);
    const last = hold.ranges.at(-1);
    // A scan keeps one part after the other, forwards or backwards.
    if (last !== undefined && last.to === range.from)
      hold.ranges.splice(-1, 1, { from: last.from, to: range.to });
    else if (last !== undefined && range.to === last.from)
      hold.ranges.splice(-1, 1, { from: range.from, to: last.to });
    else hold.ranges.push(range);
  }

  keepsRange(hold: Hold, range: KeyRange): boolean {
    return hold.ranges.some((kept) => coversRange(kept, range));
  }

  /** Releases a hold, or up to `most` of its keys. Returns whether there are more. */
  release(hold: Hold, most: number = Number.POSITIVE_INFINITY): boolean {
    let left = most;
    for (const key of hold.keys) {
      if (left-- === 0) return true;
      this.#releaseKey(hold, key);
    }
    this.#holds.delete(hold);
    this.#ended.delete(hold);
    return false;
  }

  #releaseKey(hold: Hold, key: string): void {
    hold.keys.delete(key);
    const others = (this.#holders.get(key) ?? 1) - 1;
    if (others === 0) this.#holders.delete(key);
    else this.#holders.set(key, others);
  }
}
