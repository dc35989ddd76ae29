import type { DirectStore } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';

const MAX_RESERVED_IDS = 1_000;

/** The ids that a connection has reserved, so that a client knows them before its transactions begin. */
export class ReservedIds {
  #next = 0;
  #end = 0;

  /**
   * Reserves `count` ids in place of those that are left, and returns the first.
   * @throws {MemStoreError} INVALID_OPTION, LIMIT_EXCEEDED
   */
  reserve(count: number, store: DirectStore): number {
    if (count > MAX_RESERVED_IDS)
      throw new MemStoreError('LIMIT_EXCEEDED', `At most ${MAX_RESERVED_IDS} ids can be reserved at once.`);
    const first = store.reserveIds(count);
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
