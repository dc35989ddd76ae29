import type { LockReport } from '../contract/lock-report.ts';
import type { StoreStats } from '../contract/stats.ts';
import type { ShownEntry, Store } from '../contract/store.ts';
import type { Transaction } from '../contract/transaction.ts';

/** Keys and values as the wire sees them. */
export type AnyEntries = Record<string, unknown>;

export type ServedTransaction = Transaction<AnyEntries>;

/** A store, with the reports that some backends have. */
export interface ServedStore extends Store<AnyEntries> {
  /** The default idle timeout of transactions, in milliseconds. */
  readonly idleTimeout?: number;
  stats?(): StoreStats | Promise<StoreStats>;
  locks?(): LockReport | Promise<LockReport>;
  showAll?(): AsyncIterableIterator<[key: string, entry: ShownEntry<unknown>]>;
}
