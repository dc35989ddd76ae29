/** An open store of a contender, filled with numbers. */
export interface Session {
  /** Increments the number of one key in a transaction. Returns the old number. */
  increment(key: string): Promise<number>;
  /**
   * Reads the keys, then increments the first `writes` of them. Uses one transaction if the contender
   * supports it. Awaits `work`, if given, between reading and writing.
   * @returns the sum of the numbers that were read
   */
  update(keys: readonly string[], writes: number, work?: () => Promise<void>): Promise<number>;
  /** Returns the sum of the numbers under the keys, read at one moment. */
  read(keys: readonly string[]): Promise<number>;
  get(key: string): Promise<number>;
  put(key: string, value: number): Promise<void>;
  /**
   * Returns the sum of the first `limit` values from a key on, in key order. Undefined if the contender has
   * no order.
   */
  readonly scan: ((from: string, limit: number) => Promise<number>) | undefined;
  /** Returns the sum of all values, which shows that all contenders did the same work. */
  total(): Promise<number>;
  close(): Promise<void>;
}

/** The features that some workloads require. */
export type Ability =
  /** Transactions may await other work between reading and writing, and are still isolated. */
  | 'asynchronous work'
  /** Reads of several keys see one moment and do not block writers. */
  | 'snapshots';

export interface Contender {
  readonly name: string;
  /** The guarantees of the contender in a few words. Speed is comparable only together with them. */
  readonly promises: string;
  readonly abilities: readonly Ability[];
  /** The number of concurrent operations. */
  readonly inFlight: number;
  /** The number of operations per round. Slower contenders run fewer operations of the same sequence. */
  readonly operations: number;
  /**
   * Opens a store with these keys, each with the number 0.
   * @throws {Skipped} if the contender cannot run here
   */
  open(keys: readonly string[]): Promise<Session>;
}

/** The error of a contender that needs something that this machine does not have. */
export class Skipped extends Error {}
