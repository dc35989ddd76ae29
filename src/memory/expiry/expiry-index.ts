import { BTree } from '../../collections/key-tree.ts';
import { LinearHashMap } from '../../collections/linear-hash-map.ts';
import { covers, type KeyRange } from '../../contract/key-range.ts';

/** An entry with its expiry time, ordered by that time. */
export type Due = readonly [expiresAtMs: number, key: string];

function compareDue(a: Due, b: Due): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
}

/** The expiry times of the entries that have a TTL. Entries without a TTL cost nothing here. */
export class ExpiryIndex {
  /** All entries may have a TTL, so this index must grow as well as the main table. */
  readonly #expiresAtMs = new LinearHashMap<number>();
  readonly #order = new BTree<Due, undefined>(undefined, compareDue);

  get size(): number {
    return this.#expiresAtMs.size;
  }

  get(key: string): number | undefined {
    return this.#expiresAtMs.get(key);
  }

  set(key: string, expiresAtMs: number): void {
    this.delete(key);
    this.#expiresAtMs.set(key, expiresAtMs);
    this.#order.set([expiresAtMs, key], undefined);
  }

  delete(key: string): void {
    const expiresAtMs = this.#expiresAtMs.get(key);
    if (expiresAtMs === undefined) return;
    this.#expiresAtMs.delete(key);
    this.#order.delete([expiresAtMs, key]);
  }

  /** The time when the next entry expires, or undefined if no entry has a TTL. */
  get nextDueMs(): number | undefined {
    return this.#order.minKey()?.[0];
  }

  /** Returns up to `limit` due entries after the given one, the earliest first. */
  dueAfter(last: Due | undefined, nowMs: number, limit: number): Due[] {
    const due: Due[] = [];
    for (const entry of this.#order.keys(last)) {
      if (entry[0] > nowMs || due.length >= limit) break;
      if (last === undefined || compareDue(entry, last) > 0) due.push(entry);
    }
    return due;
  }

  /** Yields the due keys, the earliest first. REQUIRES: the index does not change during the iteration. */
  *dueBy(nowMs: number): Iterable<string> {
    for (const [expiresAtMs, key] of this.#order.keys()) {
      if (expiresAtMs > nowMs) return;
      yield key;
    }
  }

  /** Returns the due keys of a range. The list stays the same when the index changes. */
  dueIn(range: KeyRange, nowMs: number): string[] {
    const keys: string[] = [];
    for (const key of this.dueBy(nowMs)) if (covers(range, key)) keys.push(key);
    return keys;
  }
}
