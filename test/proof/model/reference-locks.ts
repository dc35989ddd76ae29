import type { KeyRange, LockMode } from 'memstore-tx';
import { covers, isEmptyRange } from '../../../src/contract/key-range.ts';

interface Held {
  readonly keys: Map<string, LockMode>;
  readonly ranges: KeyRange[];
}

/** Who holds which lock, as the design defines it: lists, looked through. Nobody waits here. */
export class ReferenceLocks {
  /** Whether readers do not share and a range is in everybody's way, as with one mutex for each key. */
  readonly #isCoarse: boolean;
  readonly #heldBy = new Map<number, Held>();

  constructor(isCoarse: boolean) {
    this.#isCoarse = isCoarse;
  }

  /** Locks the key unless another one is in the way. */
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

  /** Whether another one's lock is in the way of this one. */
  isTaken(owner: number, key: string, mode: LockMode): boolean {
    return this.#others(owner).some(({ keys, ranges }) => {
      if (this.#isCoarse) return keys.has(key) || ranges.length > 0;
      if (keys.get(key) === 'exclusive') return true;
      return mode === 'exclusive' && (keys.has(key) || ranges.some((range) => covers(range, key)));
    });
  }

  /** Whether anybody has the key locked, alone or by a range. */
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
