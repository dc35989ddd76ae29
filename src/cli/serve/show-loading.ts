import type { MemStore, StoreEvents } from '../../index.ts';
import { formatCount } from '../format.ts';
import { progressBar } from '../progress-bar.ts';
import type { ServerLog } from './server-log.ts';

/** The number of entries between two log lines. Loading them takes about a second. */
const ENTRIES_PER_LINE = 250_000;

/** Shows the progress of loading, as a bar on a terminal or in the log. Returns a function that stops it. */
export function showLoading(store: MemStore, log: ServerLog): () => void {
  const bar = progressBar('loading');
  let nextLine = ENTRIES_PER_LINE;
  const onLoad = ({ loaded, total, done }: StoreEvents['load']): void => {
    bar?.update(loaded, total);
    if (done) {
      bar?.stop();
      const message = `loaded ${formatCount(loaded)} entries`;
      log({ level: 'info', event: 'loaded', message, facts: { loaded } });
    } else if (bar === undefined && loaded >= nextLine) {
      nextLine = loaded + ENTRIES_PER_LINE;
      const of = total === undefined ? 'more' : formatCount(total);
      const message = `loading: ${formatCount(loaded)} of ${of} entries`;
      log({ level: 'info', event: 'loading', message, facts: { loaded, total } });
    }
  };
  store.on('load', onLoad);
  return () => {
    store.off('load', onLoad);
    bar?.stop();
  };
}
