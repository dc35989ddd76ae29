import type { RangeOptions } from '../store.ts';
import { mergeKeys } from './merge-keys.ts';
import type { Row } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';
import type { SnapshotTransaction } from './snapshot-transaction.ts';

const BATCH = 128;

/**
 * A scan of a snapshot. A key that the snapshot sees is either still in the table or, when it was deleted
 * since, in the history; so the keys of both are looked up, and what later commits do to keys that were
 * looked up before does not matter.
 */
export class SnapshotScan {
  readonly #snapshot: SnapshotTransaction;
  readonly #position: ScanPosition;
  #keys: string[] = [];

  constructor(snapshot: SnapshotTransaction, options: RangeOptions) {
    this.#snapshot = snapshot;
    this.#position = new ScanPosition(options);
  }

  /** Not an async function, so that calls without an await in between do not interleave once the index is there. */
  next(): IteratorResult<Row, undefined> | Promise<IteratorResult<Row, undefined>> {
    const { engine } = this.#snapshot;
    const position = this.#position;
    while (!position.isAtEnd) {
      if (this.#keys.length === 0) {
        const ordered = engine.ordered();
        if (ordered instanceof Promise) return ordered.then(() => this.#afterIndex());
        const { rest, reverse } = position;
        const current = ordered.keysIn(rest, reverse, BATCH);
        this.#keys = mergeKeys(current, engine.history.keysIn(rest, reverse, BATCH), reverse, BATCH);
      }
      const key = this.#keys[0];
      if (key === undefined) break;
      // Copied before the key is passed: a copy that fails loses no row.
      const value = this.#snapshot.load(key);
      this.#keys.shift();
      position.pass(key);
      if (value === undefined) continue;
      position.left--;
      return { done: false, value: [key, value] };
    }
    position.left = 0;
    return { done: true, value: undefined };
  }

  #afterIndex(): ReturnType<SnapshotScan['next']> {
    // The snapshot may have ended while the index was being built.
    this.#snapshot.checkOpen();
    return this.next();
  }
}
