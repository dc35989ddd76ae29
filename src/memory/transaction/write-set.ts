import { covers, type KeyRange } from '../../contract/key-range.ts';
import type { Write, Writes } from '../write.ts';

interface Undo {
  /** The written key. Undefined if this record marks a savepoint. */
  readonly key: string | undefined;
  readonly previous: Write | undefined;
}

const SAVEPOINT: Undo = { key: undefined, previous: undefined };

/**
 * The private writes of one transaction: the last write of each key. Most transactions write one key, so the
 * first write has its own field. The map is created with the second write.
 */
export class WriteSet implements Writes {
  #first: Write | undefined = undefined;
  #others: Map<string, Write> | undefined = undefined;
  /** The replaced writes, in order. Recorded only after the first savepoint. */
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

  // A list of writes is added completely or not at all. First the size of each write is computed. Then room
  // is reserved for all of them. Then each write is added.

  /** Returns the write with its size, as `growth` and `setReserved` expect it. */
  withWeight(write: Write): Write {
    return write;
  }

  /**
   * Returns the bytes that a write adds when it replaces the previous write. Returns 0 if bytes are not
   * counted.
   */
  growth(_write: Write, _previous: Write | undefined): number {
    return 0;
  }

  /**
   * Reserves room for writes that will be added.
   * @throws {MemStoreError} LIMIT_EXCEEDED
   */
  reserve(_bytes: number): void {}

  /** Adds a write that `withWeight` returned. REQUIRES: room is reserved for it. */
  setReserved(write: Write): void {
    this.set(write);
  }

  *[Symbol.iterator](): Iterator<Write> {
    if (this.#first !== undefined) yield this.#first;
    if (this.#others !== undefined) yield* this.#others.values();
  }

  /** The write, if there is exactly one. Most commits use it and need no iterator. */
  get only(): Write | undefined {
    return this.#others === undefined ? this.#first : undefined;
  }

  /** Returns the written keys in a range, in key order. */
  keysIn(range: KeyRange): string[] {
    const keys: string[] = [];
    for (const { key } of this) if (covers(range, key)) keys.push(key);
    return keys.sort();
  }

  /** Gives back the counted bytes. */
  release(): void {}

  /** Returns a mark that can be passed to `undoTo`. */
  mark(): number {
    this.#undoLog ??= [];
    return this.#undoLog.push(SAVEPOINT);
  }

  /** Undoes up to `most` of the writes since a mark, the newest first. Returns whether there are more. */
  undoTo(mark: number, most: number): boolean {
    const log = this.#undoLog ?? [];
    for (let left = most; log.length > mark; left--) {
      if (left === 0) return true;
      const undone = log.pop();
      if (undone !== undefined) this.undo(undone.key, undone.previous);
    }
    return false;
  }

  /** Whether replaced writes are kept for a savepoint. */
  protected get keepsReplaced(): boolean {
    return this.#undoLog !== undefined;
  }

  /** Undoes one write, or removes a savepoint if `key` is undefined. */
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
