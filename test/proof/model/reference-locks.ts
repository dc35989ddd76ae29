import type { KeyRange, LockMode } from 'memstore-tx';
import { covers, isEmptyRange } from '../../../src/contract/key-range.ts';

interface Held {
  readonly keys: Map<string, LockMode>;
  readonly ranges: KeyRange[];
}

/** A simple model of the lock table: lists of held locks, without queues. No request waits. */
export class ReferenceLocks {
  /**
   * Whether readers exclude each other and a range conflicts with every lock, as with one mutex for each key.
   */
  readonly #isCoarse: boolean;
  readonly #heldBy = new Map<number, Held>();

  constructor(isCoarse: boolean) {
    this.#isCoarse = isCoarse;
  }

  /** Locks the key, or returns `false` if another transaction holds a conflicting lock. */
  tryKey(owner: number, key: string, mode: LockMode): boolean {
    if (this.isTaken(owner, key, mode)) return false;
    const { keys } = this.#of(owner);
    if (keys.get(key) !== 'exclusive') keys.set(key, mode);
    return true;
  }

  tryRange(owner: number, range: KeyRange): boolean {
    if (isEmptyRange(range)) return true;
    for (const { keys, ranges } of this.#others(owner)) {
      if (this.#isCoarse && keys.size + ranges.length > 0) return false;
      for (const [key, mode] of keys) if (mode === 'exclusive' && covers(range, key)) return false;
    }
    this.#of(owner).ranges.push(range);
    return true;
  }

  /** Returns whether another transaction holds a lock that conflicts with this one. */
  isTaken(owner: number, key: string, mode: LockMode): boolean {
    return this.#others(owner).some(({ keys, ranges }) => {
      if (this.#isCoarse) return keys.has(key) || ranges.length > 0;
      if (keys.get(key) === 'exclusive') return true;
      return mode === 'exclusive' && (keys.has(key) || ranges.some((range) => covers(range, key)));
    });
  }

  /** Returns whether any transaction has locked the key, alone or by a range. */
  isHeld(key: string): boolean {
    return [...this.#heldBy.values()].some(
      ({ keys, ranges }) => keys.has(key) || ranges.some((range) => covers(range, key)),
    );
  }

  release(owner: number): void {
    this.#heldBy.delete(owner);
  }

  #of(owner: number): Held {
    let held = this.#heldBy.get(owner);
    if (held === undefined) {
      held = { keys: new Map(), ranges: [] };
      this.#heldBy.set(owner, held);
    }
    return held;
  }

  #others(owner: number): Held[] {
    return [...this.#heldBy].filter(([other]) => other !== owner).map(([, held]) => held);
  }
}
