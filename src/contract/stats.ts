/** Counters and sizes of a store, as plain data. Counters start at 0 when the store opens. */
export interface StoreStats {
  /**
   * Entries in the tables, including expired ones that were not removed yet. A commit of more than 4,096
   * writes becomes visible in one step, but is moved into the tables over several turns. Until then, only a
   * part of it is counted.
   */
  readonly entries: number;
  /** The current number of shards. */
  readonly shards: number;
  /** Open read-write transactions. */
  readonly activeTransactions: number;
  /** Open snapshots. */
  readonly activeSnapshots: number;
  /** The age of the oldest open snapshot, in milliseconds. `undefined` if no snapshot is open. */
  readonly oldestSnapshotAgeMs: number | undefined;
  /** Old versions that are kept for snapshots. */
  readonly historyVersions: number;
  /** Estimated bytes of the old versions. 0 unless `maxHistoryBytes` limits them. */
  readonly historyBytes: number;
  /**
   * Estimated bytes that open transactions hold. 0 unless `maxTransactionBytes` or `maxUncommittedBytes`
   * limits them.
   */
  readonly uncommittedBytes: number;
  /** Entries that have an expiry time. */
  readonly expiringEntries: number;
  /** Change feeds that have begun and not ended. */
  readonly changeFeeds: number;
  /** Changes that these feeds have not read. */
  readonly bufferedChanges: number;
  /**
   * The sum of the sizes of all entries, in the unit of the cache strategy. 0 if the strategy measures no
   * sizes.
   */
  readonly cacheSize: number;
  /** Operations that wait for a lock now. */
  readonly waitingOperations: number;
  /** Read-write transactions and snapshots that have begun. */
  readonly begins: number;
  /** Read-write transactions that have committed. */
  readonly commits: number;
  /** Read-write transactions that were rolled back. */
  readonly rollbacks: number;
  /** Deadlocks that were detected and broken. */
  readonly deadlocks: number;
  /** Operations that have waited for a lock. */
  readonly lockWaits: number;
  /** Waits for a lock that ended with `LOCK_TIMEOUT`. */
  readonly lockTimeouts: number;
  /** Entries that were removed to make room. */
  readonly evictions: number;
  /** Entries that were removed because their TTL ran out. */
  readonly expirations: number;
  /** Listener calls that threw an error. See the `listenerError` event. */
  readonly listenerErrors: number;
}
