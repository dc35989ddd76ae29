import type { ServedStore } from './served-store.ts';

/** The bounds of one session. */
export interface SessionLimits {
  readonly maxTransactions: number;
  readonly maxSavepoints: number;
  readonly maxCursors: number;
  /** In bytes. */
  readonly maxReplyBytes: number;
  /** The longest idle timeout that a client may ask for, in milliseconds. */
  readonly maxIdleTimeout: number;
}

/** The memory of a connection, as its session sees it. */
export interface SessionMemory {
  /** True if the connection holds more than its share while memory is short. */
  readonly isShort: boolean;
  /** Notes how many bytes the connection holds now. */
  count(): void;
}

/** The server around a session, which differs by platform. */
export interface SessionHost {
  readonly store: ServedStore;
  readonly limits: SessionLimits;
  /** Resolves when other clients have had their turn. It must be fast: each page of a long scan calls it. */
  yieldTurn(): Promise<void>;
  /** Returns a controller whose signal may have any number of listeners without a warning of a leak. */
  createController(): AbortController;
}
