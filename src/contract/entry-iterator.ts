/** The iterator of a scan. */
export interface EntryIterator<Row> extends AsyncIterableIterator<Row> {
  /**
   * Returns all rows that the iterator has not yielded yet, with one promise. Then the iterator is done.
   *
   * This is much faster than one `next()` for each row. The call takes effect in call order, like `next()`.
   * If the call fails in a transaction, the scan keeps its position and can be continued.
   * @throws {MemStoreError} the codes that `next()` rejects with, such as SNAPSHOT_TOO_OLD
   * @example
   * const accounts = await store.entries({ prefix: 'account:' }).toArray();
   * console.log(new Map(accounts));
   */
  toArray(): Promise<Row[]>;
}
