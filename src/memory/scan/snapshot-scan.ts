import type { ScanOptions } from '../../arguments/scan-options.ts';
import { isEmptyRange } from '../../contract/key-range.ts';
import { Lane } from '../../lifecycle/lane.ts';
import type { OrderedKeys } from '../../shards/shard-strategy.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { mergeKeys } from './merge-keys.ts';
import { END, type RowResult, type RowSource } from './scan-iterator.ts';
import { ScanPosition } from './scan-position.ts';

const LONGEST_BATCH = 128;

/**
 * A scan of a snapshot. A key that the snapshot sees is in the table, or in the history if it was deleted
 * since. So the scan looks up the keys of both. Later commits do not affect the keys that were looked up.
 */
export class SnapshotScan implements RowSource {
  readonly #snapshot: SnapshotTransaction;
  readonly #options: ScanOptions;
  /** The position, created at the first row, so that invalid options are reported there. */
  #position: ScanPosition | undefined = undefined;
  isDone = false;
  /**
   * The keys that were looked up, and their stored values. The scan has passed those before `#at`. Reading
   * values in batches is faster than one by one, because the processor waits for several memory reads at
   * once.
   */
  #keys: readonly string[] = [];
  #values: readonly unknown[] = [];
  #at = 0;
  /** Busy while the index is being built. */
  readonly #calls = new Lane();

  constructor(snapshot: SnapshotTransaction, options: ScanOptions) {
    this.#snapshot = snapshot;
    this.#options = options;
  }

  advance(): RowResult | Promise<RowResult> {
    return this.#calls.run(this.step);
  }

  finish(): Promise<void> | undefined {
    const ended = this.#calls.run(this.#end);
    return ended instanceof Promise ? ended : undefined;
  }

  readonly #end = (): void => {
    this.isDone = true;
  };

  /** Returns the next row. REQUIRES: no other step is running. */
  readonly step = (): RowResult | Promise<RowResult> => {
    if (this.isDone) return END;
    this.#snapshot.checkOpen();
    this.#options.check();
    this.#snapshot.touch(this.#options.signal);
    if (this.#options.forUpdate) this.#snapshot.refuseWrite();
    this.#position ??= new ScanPosition(this.#options);
    return this.#next(this.#position);
  };

  #next(position: ScanPosition): RowResult | Promise<RowResult> {
    while (position.left > 0) {
      if (this.#at >= this.#keys.length) {
        if (isEmptyRange(position.rest)) break;
        const ordered = this.#snapshot.orderedKeys();
        if (ordered instanceof Promise) return this.#afterIndex(ordered, position);
        this.#lookAhead(ordered, position);
      }
      const key = this.#keys[this.#at];
      if (key === undefined) break;
      // Copy the value before passing the key, so that a failed copy loses no row.
      const { engine } = this.#snapshot;
      const value = engine.settings.copier.load(this.#values[this.#at]);
      if (value !== undefined) engine.noteRead(key);
      this.#at++;
      if (value === undefined) {
        position.pass(key);
        continue;
      }
      position.yield(key);
      return { done: false, value: [key, value] };
    }
    this.#end();
    return END;
  }

  #lookAhead(ordered: OrderedKeys, { rest, reverse, left }: ScanPosition): void {
    const count = Math.min(LONGEST_BATCH, left);
    const current = ordered.keysIn(rest, reverse, count);
    const { history } = this.#snapshot.engine;
    const replaced = history.versions === 0 ? [] : history.keysIn(rest, reverse, count);
    this.#keys = replaced.length === 0 ? current : mergeKeys(current, replaced, reverse, count);
    this.#values = this.#keys.map((wanted) => this.#snapshot.peek(wanted));
    this.#at = 0;
  }

  async #afterIndex(building: Promise<unknown>, position: ScanPosition): Promise<RowResult> {
    await building;
    // The snapshot may have ended while the index was being built.
    this.#snapshot.checkOpen();
    return this.#next(position);
  }
}
