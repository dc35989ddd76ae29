import { covers, coversRange, type KeyRange } from '../key-range.ts';

/** What one open transaction keeps from expiring. */
export class Hold {
  readonly keys: Set<string> = new Set();
  readonly ranges: KeyRange[] = [];
}

/**
 * The entries with a limited life that open transactions have locked and found there. Until these transactions
 * end, such an entry stays although its time may be over, so that who has read it can read it again. A lock
 * alone is not enough: whoever gets it when the time is over already must find the entry gone.
 */
export class HeldOver {
  readonly #holders = new Map<string, number>();
  readonly #holds = new Set<Hold>();

  get isEmpty(): boolean {
    return this.#holds.size === 0;
  }

  /** True when an open transaction keeps the entry of this key. */
  has(key: string): boolean {
    if (this.#holders.has(key)) return true;
    for (const { ranges } of this.#holds) if (ranges.some((range) => covers(range, key))) return true;
    return false;
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
      this.releaseKey(hold, key);
    }
    this.#holds.delete(hold);
    return false;
  }

  /** Does nothing for a key that the hold does not keep. */
  releaseKey(hold: Hold, key: string): void {
    if (!hold.keys.delete(key)) return;
    const others = (this.#holders.get(key) ?? 1) - 1;
    if (others === 0) this.#holders.delete(key);
    else this.#holders.set(key, others);
  }
}
