import type { AnyBatch, WatchOptions, WatchRange } from '../contract/changes.ts';
import type { LockReport } from '../contract/lock-report.ts';
import type { StoreStats } from '../contract/stats.ts';
import type { ShownEntry, Store } from '../contract/store.ts';
import type { Transaction } from '../contract/transaction.ts';

/** The schema of a served store: the protocol does not know the types of values. */
export type AnyEntries = Record<string, unknown>;

export type ServedTransaction = Transaction<AnyEntries>;

/** A store that can be served. The reports are optional, because some backends do not offer them. */
export interface ServedStore extends Store<AnyEntries> {
  /** The default idle timeout of transactions, in milliseconds. */
  readonly idleTimeout?: number;
  watch?(range?: string | WatchRange, options?: WatchOptions): AsyncIterableIterator<AnyBatch>;
  stats?(): StoreStats | Promise<StoreStats>;
  locks?(): LockReport | Promise<LockReport>;
  showAll?(): AsyncIterableIterator<[key: string, entry: ShownEntry<unknown>]>;
}
