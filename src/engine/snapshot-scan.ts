import { isEmptyRange } from '../key-range.ts';
import type { ScanOptions } from '../scan-options.ts';
import { mergeKeys } from './merge-keys.ts';
import { END, type RowResult, type RowSource } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';
import type { SnapshotTransaction } from './snapshot-transaction.ts';

const LONGEST_BATCH = 128;

/**
 * A scan of a snapshot. A key that the snapshot sees is either still in the table or, when it was deleted
 * since, in the history; so the keys of both are looked up, and what later commits do to keys that were
 * looked up before does not matter.
 */
export class SnapshotScan implements RowSource {
  readonly #snapshot: SnapshotTransaction;
  readonly #options: ScanOptions;
  /** Made at the first row, so that options which are refused are refused there. */
  #position: ScanPosition | undefined = undefined;
  isDone = false;
  /**
   * The keys that were looked up, from `#at` on those that have not been passed, and the values as they are stored. To read
   * them together is faster than one by one, because the processor then waits for several at once.
   */
  #keys: readonly string[] = [];
  #values: readonly unknown[] = [];
  #at = 0;
  /** While the index is being built: whoever calls meanwhile waits behind those who called before. */
  #building: Promise<unknown> | undefined = undefined;

  constructor(snapshot: SnapshotTransaction, options: ScanOptions) {
    this.#snapshot = snapshot;
    this.#options = options;
  }

  end(): void {
    this.isDone = true;
  }

  advance(): RowResult | Promise<RowResult> {
    this.#snapshot.checkOpen();
    this.#options.check();
    this.#snapshot.touch(this.#options.signal);
    if (this.#options.forUpdate) this.#snapshot.refuseWrite();
    this.#position ??= new ScanPosition(this.#options);
    return this.#building === undefined ? this.#next(this.#position) : this.#afterIndex(this.#position);
  }

  #next(position: ScanPosition): RowResult | Promise<RowResult> {
    while (position.left > 0) {
      if (this.#at >= this.#keys.length) {
        if (isEmptyRange(position.rest)) break;
        const ordered = this.#snapshot.engine.ordered();
        if (ordered instanceof Promise) {
          this.#building = ordered;
          return this.#afterIndex(position);
        }
        const { rest, reverse } = position;
        const count = Math.min(LONGEST_BATCH, position.left);
        const current = ordered.keysIn(rest, reverse, count);
        const { history } = this.#snapshot.engine;
        const replaced = history.versions === 0 ? [] : history.keysIn(rest, reverse, count);
        this.#keys = replaced.length === 0 ? current : mergeKeys(current, replaced, reverse, count);
        this.#values = this.#keys.map((wanted) => this.#snapshot.peek(wanted));
        this.#at = 0;
      }
      const key = this.#keys[this.#at];
      if (key === undefined) break;
      // Copied before the key is passed: a copy that fails loses no row.
      const value = this.#snapshot.engine.settings.copier.load(this.#values[this.#at]);
      this.#at++;
      position.pass(key);
      if (value === undefined) continue;
      this.#snapshot.engine.cache.onRead(key);
      position.left--;
      return { done: false, value: [key, value] };
    }
    this.end();
    return END;
  }

  async #afterIndex(position: ScanPosition): Promise<RowResult> {
    try {
      await this.#building;
    } finally {
      this.#building = undefined;
    }
    // The snapshot may have ended while the index was being built.
    this.#snapshot.checkOpen();
    return this.#next(position);
  }
}
