import type { Clock } from '../../contract/clock.ts';
import type { EntryIterator } from '../../contract/entry-iterator.ts';
import { TurnBudget } from '../../lifecycle/turn-budget.ts';

/** One row of a scan: a key and a value that the caller may keep. */
export type Row = [key: string, value: unknown];

export type RowResult = IteratorResult<Row, undefined>;

export const END: RowResult = { done: true, value: undefined };

/** Produces the rows of an iterator. Calls take effect in the order in which they are made. */
export interface RowSource {
  /** Whether all rows were returned, or `finish` has taken effect. */
  readonly isDone: boolean;
  /** Returns the next row, or a promise of it if the scan must wait. */
  advance(): RowResult | Promise<RowResult>;
  /** Returns all remaining rows, or a promise of them, and ends the scan. */
  collect(): Row[] | Promise<Row[]>;
  /**
   * Ends the scan after all earlier calls. If it must wait for them, returns a promise that never rejects.
   */
  finish(): Promise<void> | undefined;
}

/** The progress of a call that reads all remaining rows of a scan in a transaction. */
export class CollectWork {
  /** The number of the call among those of the scan. */
  readonly call: number;
  readonly rows: Row[] = [];
  readonly budget: TurnBudget;

  constructor(call: number, clock: Clock) {
    this.call = call;
    this.budget = new TurnBudget(clock);
  }
}

/**
 * An async iterator over the rows of a source. It is not an async generator and has no async methods, so each
 * row costs only the one promise that the protocol requires.
 */
export class ScanIterator implements EntryIterator<Row> {
  readonly #source: RowSource;

  constructor(source: RowSource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<RowResult> {
    const source = this.#source;
    if (source.isDone) return Promise.resolve(END);
    try {
      const result = source.advance();
      return result instanceof Promise ? result : Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  toArray(): Promise<Row[]> {
    const source = this.#source;
    if (source.isDone) return Promise.resolve([]);
    try {
      return Promise.resolve(source.collect());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  return(): Promise<RowResult> {
    return this.#source.finish()?.then(() => END) ?? Promise.resolve(END);
  }

  throw(error?: unknown): Promise<RowResult> {
    const fail = (): never => {
      throw error;
    };
    return (this.#source.finish() ?? Promise.resolve()).then(fail);
  }
}
