/** One row of a scan: a key and a value that the caller may keep. */
export type Row = [key: string, value: unknown];

export type RowResult = IteratorResult<Row, undefined>;

export const END: RowResult = { done: true, value: undefined };

/** Where the rows of an iterator come from. */
export interface RowSource {
  /** True when there are no more rows, or nobody wants them. */
  readonly isDone: boolean;
  /** The next row, or a promise of it. Calls without an await in between get theirs in the order of the calls. */
  advance(): RowResult | Promise<RowResult>;
  /** Lets go of whatever it holds. */
  end(): void;
}

/**
 * An async iterator over the rows of a source. It is no async generator and has no async method, so that a row costs
 * the one promise that the protocol asks for.
 */
export class ScanIterator implements AsyncIterableIterator<Row, undefined> {
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

  return(): Promise<RowResult> {
    this.#source.end();
    return Promise.resolve(END);
  }
}
