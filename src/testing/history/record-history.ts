import type { Store } from '../../contract/store.ts';
import type { History } from './history.ts';
import { HistoryLog } from './history-log.ts';
import type { RecordedValue } from './recorded-operations.ts';
import { RecordedStore } from './recorded-store.ts';

/** A store that records its operations, and the history that it has recorded. */
export interface HistoryRecorder<S extends object> {
  /** The recording store. Use it instead of the store that you passed. */
  readonly store: Store<S>;
  /**
   * Wraps another store with the same data, such as another client of a server. It records into the same
   * history.
   */
  also(store: Store<Record<string, RecordedValue>>): Store<S>;
  /** Returns the history so far. Open transactions have the status `unknown`. */
  history(): History;
}

/**
 * Wraps a store and records its operations as a history for `checkHistory`.
 *
 * Values may have any type. Each one is stored with a version number, and the history contains these numbers.
 * So the store must be empty, and all writes must go through the recorder. No entry may disappear by itself:
 * use no `ttl`, and no cache strategy that evicts.
 * @param store the store under test
 * @example
 * const recorder = recordHistory(new MemStore<Record<string, RecordedValue>>());
 * await recorder.store.put('greeting', 'hello');
 * console.log(checkHistory(recorder.history()).valid); // true
 */
export function recordHistory<S extends object = Record<string, unknown>>(
  store: Store<Record<string, RecordedValue>>,
): HistoryRecorder<S> {
  const log = new HistoryLog();
  // The wrapper treats all keys and values alike, so it works for any schema.
  const also = (way: Store<Record<string, RecordedValue>>): Store<S> =>
    new RecordedStore(way, log) as unknown as Store<S>;
  return { store: also(store), also, history: () => log.history() };
}
