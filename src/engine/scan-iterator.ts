/** One row of a scan: a key and a value that the caller may keep. */
export type Row = [key: string, value: unknown];

/** An async iterator over the rows that `next` gives; `onEnd` is called once, at the end or when the caller leaves. */
export class ScanIterator implements AsyncIterableIterator<Row, undefined> {
  readonly #next: () => Promise<IteratorResult<Row, undefined>>;
  readonly #onEnd: () => void;
  #isDone = false;

  constructor(next: () => Promise<IteratorResult<Row, undefined>>, onEnd: () => void) {
    this.#next = next;
    this.#onEnd = onEnd;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Row, undefined>> {
    if (this.#isDone) return { done: true, value: undefined };
    const result = await this.#next();
    if (result.done) this.#end();
    return result;
  }

  async return(): Promise<IteratorResult<Row, undefined>> {
    this.#end();
    return { done: true, value: undefined };
  }

  #end(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#onEnd();
  }
}
