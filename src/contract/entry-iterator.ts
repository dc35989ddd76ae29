/** The iterator of a scan. */
export interface EntryIterator<Row> extends AsyncIterableIterator<Row> {
  /**
   * Returns all rows that the iterator has not yielded yet, with one promise. Then the iterator is done.
   *
   * It is much faster than one `next()` for each row. It takes effect in the order of the calls, as `next()`
   * does. If it fails in a transaction, the scan stays where it was, and may be continued.
   * @throws {MemStoreError} the codes that `next()` rejects with, such as SNAPSHOT_TOO_OLD
   * @example
   * const accounts = await store.entries({ prefix: 'account:' }).toArray();
   * console.log(new Map(accounts));
   */
  toArray(): Promise<Row[]>;
}
