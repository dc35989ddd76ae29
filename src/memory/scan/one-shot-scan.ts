import { ScanOptions } from '../../arguments/scan-options.ts';
import type { RangeOptions } from '../../contract/options.ts';
import { Lane } from '../../lifecycle/lane.ts';
import type { Engine } from '../engine.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { openSnapshot } from '../transaction/begin.ts';
import { END, type Row, type RowResult, type RowSource } from './scan-iterator.ts';
import { SnapshotScan } from './snapshot-scan.ts';

type ScanStep<R> = (scan: SnapshotScan) => R | Promise<R>;

const ONE_ROW: ScanStep<RowResult> = (scan) => scan.step();
const ALL_ROWS: ScanStep<Row[]> = (scan) => scan.collectStep();

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

  /** @param shown converts each row; if undefined, rows are returned unchanged */
  constructor(engine: Engine, range: RangeOptions | undefined, shown: ((row: Row) => Row) | undefined) {
    this.#engine = engine;
    this.#range = ScanOptions.of(range);
    this.#shown = shown;
  }

  advance(): RowResult | Promise<RowResult> {
    return this.#calls.run(this.#step);
  }

  collect(): Row[] | Promise<Row[]> {
    return this.#calls.run(this.#collectStep);
  }

  finish(): Promise<void> | undefined {
    const ended = this.#calls.run(this.#end);
    return ended instanceof Promise ? ended : undefined;
  }

  readonly #end = (): void => {
    this.isDone = true;
    if (this.#snapshot?.status === 'active') void this.#snapshot.commit();
  };

  readonly #step = (): RowResult | Promise<RowResult> =>
    this.isDone ? END : this.#whenBegun(ONE_ROW, this.#show);

  readonly #collectStep = (): Row[] | Promise<Row[]> =>
    this.isDone ? [] : this.#whenBegun(ALL_ROWS, this.#showAll);

  /** Runs a step of the scan once the store is open. Ends the scan if it fails. */
  #whenBegun<R>(step: ScanStep<R>, show: (result: R) => R): R | Promise<R> {
    try {
      const { state } = this.#engine;
      if (this.#scan === undefined && !state.isOpen)
        return this.#later(
          state.whenOpen(undefined, () => step(this.#begin())),
          show,
        );
      // The lane of this scan already runs the calls in order, so call the step directly.
      const result = step(this.#scan ?? this.#begin());
      return result instanceof Promise ? this.#later(result, show) : show(result);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async #later<R>(waiting: Promise<R>, show: (result: R) => R): Promise<R> {
    try {
      return show(await waiting);
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #begin(): SnapshotScan {
    this.#snapshot = openSnapshot(this.#engine);
    this.#scan = new SnapshotScan(this.#snapshot, this.#range);
    return this.#scan;
  }

  readonly #show = (result: RowResult): RowResult => {
    if (result.done) this.#end();
    else if (this.#shown !== undefined) return { done: false, value: this.#shown(result.value) };
    return result;
  };

  readonly #showAll = (rows: Row[]): Row[] => {
    this.#end();
    return this.#shown === undefined ? rows : rows.map(this.#shown);
  };
}
