/** The counters of a store. Counting starts when the store opens. */
export interface Counters {
  begins: number;
  commits: number;
  rollbacks: number;
  deadlocks: number;
  lockWaits: number;
  lockTimeouts: number;
  evictions: number;
  expirations: number;
  /** The number of operations that wait for a lock now. */
  waitingOperations: number;
}

/** Returns new counters, all set to 0. */
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
