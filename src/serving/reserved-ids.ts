import type { DirectStore } from '../contract/direct-operations.ts';
import { MemStoreError } from '../contract/errors.ts';

const MAX_RESERVED_IDS = 1_000;

/** The ids that a connection has reserved. The client knows them before its transactions begin. */
export class ReservedIds {
  #next = 0;
  #end = 0;

  /**
   * Drops the ids that are left, reserves `count` new ids and returns the first new id.
   * @throws {MemStoreError} INVALID_OPTION, LIMIT_EXCEEDED
   */
  reserve(count: number, store: DirectStore): number {
    if (count > MAX_RESERVED_IDS)
      throw new MemStoreError(
        'LIMIT_EXCEEDED',
        `RESERVE can reserve at most ${MAX_RESERVED_IDS} ids, got ${count}.`,
      );
    const first = store.reserveIds(count);
    if (first === undefined)
      throw new MemStoreError('INVALID_OPTION', 'The served store cannot reserve ids: use BEGIN without ID.');
    this.#next = first;
    this.#end = first + count;
    return first;
  }

  /** Removes an id and all lower ones from the reserved ids. Returns whether the id was reserved. */
  use(id: number): boolean {
    if (id < this.#next || id >= this.#end) return false;
    this.#next = id + 1;
    return true;
  }
}
