import { covers, coversRange, type KeyRange } from '../../contract/key-range.ts';

/** The keys and ranges that one open transaction keeps from expiring: its pins. */
export class Pins {
  readonly keys: Set<string> = new Set();
  readonly ranges: KeyRange[] = [];
}

/**
 * The entries with a TTL that open transactions have locked and found. Such an entry stays until these
 * transactions end, even if its TTL runs out, so that they can read it again. A lock alone does not pin an
 * entry: a transaction that gets the lock after the expiry must not find the entry.
 */
export class PinnedEntries {
  readonly #counts = new Map<string, number>();
  readonly #pins = new Set<Pins>();
  /** The pins that have ended. Their keys stay in `#counts` until they are released. */
  readonly #ended = new Set<Pins>();

  /** Whether no entry is pinned and all ended pins are released. */
  get isEmpty(): boolean {
    return this.#pins.size + this.#ended.size === 0;
  }

  /** Returns whether an open transaction pins the entry of this key. */
  has(key: string): boolean {
    const isCounted = this.#counts.has(key);
    if (isCounted && this.#ended.size === 0) return true;
    for (const { keys, ranges } of this.#pins)
      if ((isCounted && keys.has(key)) || ranges.some((range) => covers(range, key))) return true;
    return false;
  }

  /** Ends the effect of pins in one step. Releasing their keys may then take several steps. */
  end(pins: Pins): void {
    if (this.#pins.delete(pins)) this.#ended.add(pins);
  }

  pinKey(pins: Pins, key: string): void {
    this.#pins.add(pins);
    if (pins.keys.has(key)) return;
    pins.keys.add(key);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Pins every entry that is in the range now. The range is locked, so no entry can be added to it. */
  pinRange(pins: Pins, range: KeyRange): void {
    this.#pins.add(pins);
    const last = pins.ranges.at(-1);
    // A scan pins adjacent parts of its range one by one, forwards or backwards. Join them.
    if (last !== undefined && last.to === range.from)
      pins.ranges.splice(-1, 1, { from: last.from, to: range.to });
    else if (last !== undefined && range.to === last.from)
      pins.ranges.splice(-1, 1, { from: range.from, to: last.to });
    else pins.ranges.push(range);
  }

  hasRange(pins: Pins, range: KeyRange): boolean {
    return pins.ranges.some((pinned) => coversRange(pinned, range));
  }

  /** Releases the pins of a transaction, but at most `most` of their keys. Returns whether there are more. */
  release(pins: Pins, most: number = Number.POSITIVE_INFINITY): boolean {
    let left = most;
    for (const key of pins.keys) {
      if (left-- === 0) return true;
      this.#releaseKey(pins, key);
    }
    this.#pins.delete(pins);
    this.#ended.delete(pins);
    return false;
  }

  #releaseKey(pins: Pins, key: string): void {
    pins.keys.delete(key);
    const others = (this.#counts.get(key) ?? 1) - 1;
    if (others === 0) this.#counts.delete(key);
    else this.#counts.set(key, others);
  }
}
