import type { ImmediateOperations } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';

const MOST_AT_ONCE = 1_000;

/** The ids that a connection has reserved, so that a client knows them before its transactions begin. */
export class ReservedIds {
  #next = 0;
  #end = 0;

  /**
   * Reserves `count` ids in place of those that are left, and returns the first.
   * @throws {MemStoreError} INVALID_OPTION, LIMIT_EXCEEDED
   */
  reserve(count: number, store: ImmediateOperations | undefined): number {
    if (count > MOST_AT_ONCE)
      throw new MemStoreError('LIMIT_EXCEEDED', `At most ${MOST_AT_ONCE} ids can be reserved at once.`);
    const first = store?.reserveIds(count);
    if (first === undefined)
      throw new MemStoreError('INVALID_OPTION', 'This store tells no id before its transaction has begun.');
    this.#next = first;
    this.#end = first + count;
    return first;
  }

  /** Uses up an id and those before it. Returns false if the id is not reserved. */
  use(id: number): boolean {
    if (id < this.#next || id >= this.#end) return false;
    this.#next = id + 1;
    return true;
  }
}
