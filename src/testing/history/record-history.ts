import type { Store } from '../../contract/store.ts';
import type { History } from './history.ts';
import { HistoryLog } from './history-log.ts';
import type { RecordedValue } from './recorded-operations.ts';
import { RecordedStore } from './recorded-store.ts';

/** A store that records, and what it has recorded. */
export interface HistoryRecorder<S extends object> {
  /** Use it in place of the store that was given. */
  readonly store: Store<S>;
  /** Records another way to the same data, such as another client of one server, in the same history. */
  also(store: Store<Record<string, RecordedValue>>): Store<S>;
  /** What the transactions so far have done and seen. Those still open are of unknown status. */
  history(): History;
}

/**
 * Wraps a store so that whatever an application does with it becomes a history for `checkHistory`.
 *
 * The application's values can be anything: each is stored together with a version number of its own, and
 * the history consists of these numbers. Hence the store must be empty, nobody else may write to it, and
 * nothing may leave it by itself: no `ttl`, and no cache strategy that evicts.
 *
 * @param store - the store under test, with values of type `RecordedValue`.
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
