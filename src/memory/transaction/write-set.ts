import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { Write, Writes } from '../write.ts';

interface Undo {
  /** Undefined for a savepoint. */
  readonly key: string | undefined;
  readonly previous: Write | undefined;
}

const SAVEPOINT: Undo = { key: undefined, previous: undefined };

/**
 * The private writes of one transaction, the last one for each key. Most transactions write one key, so the
 * first has a field of its own and the map comes with the second.
 */
export class WriteSet implements Writes {
  #first: Write | undefined = undefined;
  #others: Map<string, Write> | undefined = undefined;
  /** The replaced writes, in order. Kept only from the first savepoint on. */
  #undoLog: Undo[] | undefined = undefined;

  get size(): number {
    return (this.#first === undefined ? 0 : 1) + (this.#others?.size ?? 0);
  }

  get(key: string): Write | undefined {
    if (this.#first?.key === key) return this.#first;
    return this.#others?.get(key);
  }

  set(write: Write): void {
    this.#undoLog?.push({ key: write.key, previous: this.get(write.key) });
    this.#replace(write.key, write);
  }

  // Many writes are added all or none: each is weighed, then room is reserved for all, then each is added.

  /** Returns the write in the form that `growth` and `setReserved` take. */
  withWeight(write: Write): Write {
    return write;
  }

  /** Returns the bytes that a write adds in place of the previous one; 0 if bytes are not counted. */
  growth(_write: Write, _previous: Write | undefined): number {
    return 0;
  }

  /**
   * Reserves room for writes that will be added.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   */
  reserve(_bytes: number): void {}

  /** Adds a weighed write. REQUIRES: room is reserved for it. */
  setReserved(write: Write): void {
    this.set(write);
  }

  *[Symbol.iterator](): Iterator<Write> {
    if (this.#first !== undefined) yield this.#first;
    if (this.#others !== undefined) yield* this.#others.values();
  }

  /** The write, if there is exactly one. It saves most commits an iterator. */
  get only(): Write | undefined {
    return this.#others === undefined ? this.#first : undefined;
  }

  /** Returns the written keys of a range, in key order. */
  keysIn(range: KeyRange): string[] {
    const keys: string[] = [];
    for (const { key } of this) if (covers(range, key)) keys.push(key);
    return keys.sort();
  }

  /** Releases the memory that is counted. */
  release(): void {}

  /** Returns a mark, to which `undoTo` goes back. */
  mark(): number {
    this.#undoLog ??= [];
    return this.#undoLog.push(SAVEPOINT);
  }

  /** Undoes up to `most` of the writes since a mark, the last one first. Returns whether there are more. */
  undoTo(mark: number, most: number): boolean {
    const log = this.#undoLog ?? [];
    for (let left = most; log.length > mark; left--) {
      if (left === 0) return true;
      const undone = log.pop();
      if (undone !== undefined) this.undo(undone.key, undone.previous);
    }
    return false;
  }

  /** True when replaced writes are kept for a savepoint. */
  protected get keepsReplaced(): boolean {
    return this.#undoLog !== undefined;
  }

  /** Undoes one write, or a savepoint if there is no key. */
  protected undo(key: string | undefined, previous: Write | undefined): void {
    if (key !== undefined) this.#replace(key, previous);
  }

  #replace(key: string, write: Write | undefined): void {
    if (this.#first?.key === key || (this.#first === undefined && this.#others === undefined)) {
      this.#first = write;
    } else if (write === undefined) {
      this.#others?.delete(key);
    } else {
      this.#others ??= new Map();
      this.#others.set(key, write);
    }
  }
}
