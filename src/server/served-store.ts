import type { LockReport } from '../locks/lock-strategy.ts';
import type { ShownEntry, Store, StoreStats, Transaction } from '../store.ts';

/** Keys and values as the wire sees them. */
export type AnyEntries = Record<string, unknown>;

export type ServedTransaction = Transaction<AnyEntries>;

/** A store, and the reports that some homes of the data give besides. */
export interface ServedStore extends Store<AnyEntries> {
  /** The idle timeout of transactions whose begin does not say, in milliseconds. */
  readonly idleTimeout?: number;
  stats?(): StoreStats | Promise<StoreStats>;
  locks?(): LockReport | Promise<LockReport>;
  showAll?(): AsyncIterableIterator<[key: string, entry: ShownEntry<unknown>]>;
}
