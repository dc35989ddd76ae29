import type { ScanOptions } from '../../arguments/scan-options.ts';
import { isEmptyRange } from '../../contract/key-range.ts';
import { Lane } from '../../lifecycle/lane.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';
import type { OrderedKeys } from '../../shards/shard-strategy.ts';
import type { SnapshotTransaction } from '../snapshot/snapshot-transaction.ts';
import { mergeKeys } from './merge-keys.ts';
import { END, type Row, type RowResult, type RowSource } from './scan-iterator.ts';
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
   * The keys that were looked up, and their stored values. The scan has passed the keys before `#at`. Reading
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

  collect(): Row[] | Promise<Row[]> {
    return this.#calls.run(this.collectStep);
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
    const position = this.#check();
    const row = this.#nextRow(position);
    return row instanceof Promise ? this.#stepAfter(row, position) : this.#yield(row, position);
  };

  async #stepAfter(building: Promise<unknown>, position: ScanPosition): Promise<RowResult> {
    await building;
    for (;;) {
      // The snapshot may have ended while the index was being built.
      this.#snapshot.checkOpen();
      const row = this.#nextRow(position);
      if (!(row instanceof Promise)) return this.#yield(row, position);
      await row;
    }
  }

  #yield(row: Row | undefined, position: ScanPosition): RowResult {
    if (row === undefined) {
      this.#end();
      return END;
    }
    position.yield(row[0]);
    return { done: false, value: row };
  }

  /** Returns all remaining rows. REQUIRES: no other step is running. */
  readonly collectStep = (): Row[] | Promise<Row[]> => {
    if (this.isDone) return [];
    const position = this.#check();
    const rows: Row[] = [];
    const budget = new TurnBudget(this.#snapshot.engine.settings.clock);
    const waiting = this.#collectSome(position, rows, budget);
    return waiting === undefined ? rows : this.#collectInTurns(waiting, position, rows, budget);
  };

  /** Adds rows to the list. Returns undefined at the end, or a promise if it must wait first. */
  #collectSome(position: ScanPosition, rows: Row[], budget: TurnBudget): Promise<unknown> | undefined {
    try {
      for (;;) {
        const row = this.#nextRow(position);
        if (row instanceof Promise) return row;
        if (row === undefined) break;
        position.collect(row[0]);
        rows.push(row);
        if (budget.isSpent()) return budget.yieldTurn();
      }
    } catch (error) {
      this.#goBack(position);
      throw error;
    }
    this.#end();
    return undefined;
  }

  async #collectInTurns(
    first: Promise<unknown>,
    position: ScanPosition,
    rows: Row[],
    budget: TurnBudget,
  ): Promise<Row[]> {
    let waiting: Promise<unknown> | undefined = first;
    while (waiting !== undefined) {
      await waiting;
      try {
        this.#snapshot.checkRead(this.#options);
      } catch (error) {
        this.#goBack(position);
        throw error;
      }
      waiting = this.#collectSome(position, rows, budget);
    }
    return rows;
  }

  /** Moves back to just after the last yielded row. */
  #goBack(position: ScanPosition): void {
    position.rewind();
    this.#keys = [];
    this.#at = 0;
  }

  #check(): ScanPosition {
    this.#snapshot.checkOpen();
    this.#options.check();
    this.#snapshot.noteUse(this.#options.signal);
    if (this.#options.forUpdate) this.#snapshot.refuseWrite();
    this.#position ??= new ScanPosition(this.#options);
    return this.#position;
  }

  /**
   * Returns the next row, or undefined at the end. The caller passes the row. Returns a promise if the index
   * must be built first.
   */
  #nextRow(position: ScanPosition): Row | undefined | Promise<unknown> {
    while (position.left > 0) {
      if (this.#at >= this.#keys.length) {
        if (isEmptyRange(position.rest)) return undefined;
        const ordered = this.#snapshot.orderedKeys();
        if (ordered instanceof Promise) return ordered;
        this.#lookAhead(ordered, position);
      }
      const key = this.#keys[this.#at];
      if (key === undefined) return undefined;
      // Copy the value before passing the key, so that a failed copy loses no row.
      const { engine } = this.#snapshot;
      const value = engine.settings.copier.load(this.#values[this.#at]);
      if (value !== undefined) engine.noteRead(key);
      this.#at++;
      if (value !== undefined) return [key, value];
      position.pass(key);
    }
    return undefined;
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
}
