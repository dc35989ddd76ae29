import type { EntryIterator } from '../contract/entry-iterator.ts';
import { Lane } from '../lifecycle/lane.ts';
import type { EtcdScan } from './etcd-scan.ts';
import type { EtcdTransaction } from './etcd-transaction.ts';

type Row = [key: string, value: unknown];

/**
 * A scan with a snapshot of its own. The snapshot begins with the first call and ends with the scan. The
 * first failure also ends the scan, because a `for await` loop does not call `return()` after an error.
 */
export class OneShotScan implements EntryIterator<Row> {
  readonly #begin: () => Promise<EtcdTransaction>;
  readonly #entries: (snapshot: EtcdTransaction) => EtcdScan;
  readonly #calls = new Lane();
  #snapshot: EtcdTransaction | undefined;
  #scan: EtcdScan | undefined;
  #isDone = false;

  constructor(begin: () => Promise<EtcdTransaction>, entries: (snapshot: EtcdTransaction) => EtcdScan) {
    this.#begin = begin;
    this.#entries = entries;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    return this.#inTurn(async () => {
      if (this.#isDone) return { done: true, value: undefined };
      const result = await this.#step((scan) => scan.next());
      if (result.done) await this.#end();
      return result;
    });
  }

  toArray(): Promise<Row[]> {
    return this.#inTurn(async () => {
      if (this.#isDone) return [];
      const rows = await this.#step((scan) => scan.toArray());
      await this.#end();
      return rows;
    });
  }

  async return(): Promise<IteratorResult<Row, undefined>> {
    await this.#inTurn(() => this.#end());
    return { done: true, value: undefined };
  }

  async throw(error?: unknown): Promise<IteratorResult<Row, undefined>> {
    await this.#inTurn(() => this.#end());
    throw error;
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    return Promise.resolve(this.#calls.run(step));
  }

  async #step<T>(read: (scan: EtcdScan) => Promise<T>): Promise<T> {
    try {
      this.#snapshot ??= await this.#begin();
      this.#scan ??= this.#entries(this.#snapshot);
      return await read(this.#scan);
    } catch (error) {
      await this.#end();
      throw error;
    }
  }

  async #end(): Promise<void> {
    this.#isDone = true;
    await this.#snapshot?.rollback();
  }
}
