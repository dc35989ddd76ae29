import type { ServedStore } from './served-store.ts';

/** The limits of one session. */
export interface SessionLimits {
  readonly maxTransactions: number;
  readonly maxSavepoints: number;
  readonly maxCursors: number;
  /** The maximum number of open change feeds. */
  readonly maxFeeds: number;
  /** The maximum size of a reply, in bytes. */
  readonly maxReplyBytes: number;
  /** The maximum idle timeout that a client may set, in milliseconds. */
  readonly maxIdleTimeout: number;
}

/** The memory accounting of a connection, for its session. */
export interface SessionMemory {
  /** True if memory is short and the connection uses more than its share. */
  readonly isShort: boolean;
  /** Updates the number of bytes that the connection uses. */
  count(): void;
}

/** The platform-specific part of the server that sessions use. */
export interface SessionHost {
  readonly store: ServedStore;
  readonly limits: SessionLimits;
  /**
   * Resolves after other clients have been served. It must be fast, because each page of a long scan calls
   * it.
   */
  yieldTurn(): Promise<void>;
  /** Returns a controller whose signal may have any number of listeners without a leak warning. */
  createController(): AbortController;
}
