import { covers, coversRange, type KeyRange } from '../key-range.ts';

/** What one open transaction keeps from expiring. */
export class Hold {
  readonly keys: Set<string> = new Set();
  readonly ranges: KeyRange[] = [];
  /** True from the end of its transaction on. What it kept may take more turns to be released. */
  isOver = false;
}

/**
 * The entries with a limited life that open transactions have locked and found there. Until these transactions
 * end, such an entry stays although its time may be over, so that who has read it can read it again. A lock
 * alone is not enough: whoever gets it when the time is over already must find the entry gone.
 */
export class HeldOver {
  readonly #holders = new Map<string, number>();
  readonly #holds = new Set<Hold>();
  /** How many of the holds are over and not yet released. */
  #over = 0;

  get isEmpty(): boolean {
    return this.#holds.size === 0;
  }

  /** True when an open transaction keeps the entry of this key. */
  has(key: string): boolean {
    const isCounted = this.#holders.has(key);
    if (isCounted && this.#over === 0) return true;
    for (const { keys, ranges, isOver } of this.#holds) {
      if (isOver) continue;
      if ((isCounted && keys.has(key)) || ranges.some((range) => covers(range, key))) return true;
    }
    return false;
  }

  /** Stops a hold from keeping anything, in one step. Releasing it may then take several. */
  end(hold: Hold): void {
    if (hold.isOver || !this.#holds.has(hold)) return;
    hold.isOver = true;
    this.#over++;
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
    if (this.#holds.delete(hold) && hold.isOver) this.#over--;
    return false;
  }

  #releaseKey(hold: Hold, key: string): void {
    hold.keys.delete(key);
    const others = (this.#holders.get(key) ?? 1) - 1;
    if (others === 0) this.#holders.delete(key);
    else this.#holders.set(key, others);
  }
}
