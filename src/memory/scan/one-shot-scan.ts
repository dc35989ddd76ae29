import { ScanOptions } from '../../arguments/scan-options.ts';
import type { RangeOptions } from '../../contract/options.ts';
import { Lane } from '../../lifecycle/lane.ts';
import type { Engine } from '../engine.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { openSnapshot } from '../transaction/begin.ts';
import { END, type Row, type RowResult, type RowSource } from './scan-iterator.ts';
import { SnapshotScan } from './snapshot-scan.ts';

/**
 * A scan with a snapshot of its own. The snapshot begins with the first `next()` and ends with the scan. The
 * first failure also ends the scan, because a `for await` loop does not call `return()` after an error.
 */
export class OneShotScan implements RowSource {
  readonly #engine: Engine;
  readonly #range: ScanOptions;
  readonly #shown: ((row: Row) => Row) | undefined;
  #snapshot: SnapshotTransaction | undefined = undefined;
  #scan: SnapshotScan | undefined = undefined;
  isDone = false;
  /** Busy while the store opens, and while the index is being built. */
  readonly #calls = new Lane();

  /** @param shown converts each row; undefined for the row itself */
  constructor(engine: Engine, range: RangeOptions | undefined, shown: ((row: Row) => Row) | undefined) {
    this.#engine = engine;
    this.#range = ScanOptions.of(range);
    this.#shown = shown;
  }

  advance(): RowResult | Promise<RowResult> {
    return this.#calls.run(this.#step);
  }

  finish(): Promise<void> | undefined {
    const ended = this.#calls.run(this.#end);
    return ended instanceof Promise ? ended : undefined;
  }

  readonly #end = (): void => {
    this.isDone = true;
    if (this.#snapshot?.status === 'active') void this.#snapshot.commit();
  };

  readonly #step = (): RowResult | Promise<RowResult> => {
    if (this.isDone) return END;
    const { state } = this.#engine;
    if (this.#scan !== undefined || state.isOpen) return this.#next();
    return this.#afterOpening(state.whenOpen(undefined, () => {}));
  };

  async #afterOpening(opening: Promise<void>): Promise<RowResult> {
    try {
      await opening;
    } catch (error) {
      this.#end();
      throw error;
    }
    return this.#next();
  }

  #next(): RowResult | Promise<RowResult> {
    let result: RowResult | Promise<RowResult>;
    try {
      this.#scan ??= this.#begin();
      // The lane of this scan already runs the calls in order, so call the step directly.
      result = this.#scan.step();
    } catch (error) {
      this.#end();
      throw error;
    }
    return result instanceof Promise ? this.#later(result) : this.#show(result);
  }

  async #later(waiting: Promise<RowResult>): Promise<RowResult> {
    try {
      return this.#show(await waiting);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #begin(): SnapshotScan {
    this.#snapshot = openSnapshot(this.#engine);
    return new SnapshotScan(this.#snapshot, this.#range);
  }

  #show(result: RowResult): RowResult {
    if (result.done) this.#end();
    else if (this.#shown !== undefined) return { done: false, value: this.#shown(result.value) };
    return result;
  }
}
