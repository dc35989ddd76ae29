/** The counters of a store since it was opened. */
export interface Counters {
  begins: number;
  commits: number;
  rollbacks: number;
  deadlocks: number;
  lockWaits: number;
  lockTimeouts: number;
  evictions: number;
  expirations: number;
  /** Operations that wait for a lock at this moment. */
  waitingOperations: number;
}

/** Returns counters that are 0. */
export function newCounters(): Counters {
  return {
    begins: 0,
    commits: 0,
    rollbacks: 0,
    deadlocks: 0,
    lockWaits: 0,
    lockTimeouts: 0,
    evictions: 0,
    expirations: 0,
    waitingOperations: 0,
  };
}
