/** One way to keep numbers under keys, opened and filled. */
export interface Session {
  /** Reads one key and writes one more than was read, as one transaction; returns what was read. */
  increment(key: string): Promise<number>;
  /**
   * Reads the keys, then writes to the first `writes` of them one more than was read, as one transaction
   * where the contender has such a thing. Where `work` is given it is awaited in between.
   * @returns the sum of what was read
   */
  update(keys: readonly string[], writes: number, work?: () => Promise<void>): Promise<number>;
  /** The sum of what is under the keys, read at one moment. */
  read(keys: readonly string[]): Promise<number>;
  get(key: string): Promise<number>;
  put(key: string, value: number): Promise<void>;
  /** The sum of the first `limit` values from the key on, in key order; undefined where there is no order. */
  readonly scan: ((from: string, limit: number) => Promise<number>) | undefined;
  /** The sum of all values, which shows that everybody has done the same work. */
  total(): Promise<number>;
  close(): Promise<void>;
}

/** What a contender can be asked for, apart from being fast. */
export type Ability =
  /**
   * Transactions that may await something else between reading and writing, and are isolated all the same.
   */
  | 'asynchronous work'
  /** Reads of several keys at one moment, without holding up writers. */
  | 'snapshots';

export interface Contender {
  readonly name: string;
  /** What it promises, in a few words, since speed without it is no comparison. */
  readonly promises: string;
  readonly abilities: readonly Ability[];
  /** How many operations are in flight at once. */
  readonly inFlight: number;
  /** Operations of one round: slower contenders do fewer, of the same sequence. */
  readonly operations: number;
  /** @throws Skipped when it cannot run here */
  open(keys: readonly string[]): Promise<Session>;
}

/** A contender needs something that this machine does not have. */
export class Skipped extends Error {}
