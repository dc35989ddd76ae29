import type { Store } from '../../contract/store.ts';
import type { History } from './history.ts';
import { HistoryLog } from './history-log.ts';
import type { RecordedValue } from './recorded-operations.ts';
import { RecordedStore } from './recorded-store.ts';

/** A store that records its operations, and the recorded history. */
export interface HistoryRecorder<S extends object> {
  /** The recording store. Use it in place of the given one. */
  readonly store: Store<S>;
  /** Wraps another store of the same data, such as another client of a server, for the same history. */
  also(store: Store<Record<string, RecordedValue>>): Store<S>;
  /** Returns the history so far. Open transactions have the status `unknown`. */
  history(): History;
}

/**
 * Wraps a store, and records its operations as a history for `checkHistory`.
 *
 * Values may be of any type: each is stored with its own version number, and the history has these numbers.
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
  // The wrapper treats all keys and values alike, so it serves any schema.
  const also = (way: Store<Record<string, RecordedValue>>): Store<S> =>
    new RecordedStore(way, log) as unknown as Store<S>;
  return { store: also(store), also, history: () => log.history() };
}
