import type { KeyRange } from '../../contract/key-range.ts';

/** The id of a transaction in a history: a unique number or string. */
export type TransactionId = number | string;

/** A value in a history. It may be a version number instead of the value in the store. */
export type HistoryValue = string | number | bigint;

/** The result of a read: the value of a register, a list, or `undefined` for an absent key. */
export type ReadValue = HistoryValue | readonly HistoryValue[] | undefined;

/** An append of a value to the list under a key. Each append to the same key must have a different value. */
export interface AppendOperation {
  /** The kind of the operation. */
  readonly type: 'append';
  /** The key. */
  readonly key: string;
  /** The value that it writes. */
  readonly value: HistoryValue;
}

/**
 * A write of a value under a key. Each write to the same key must have a different value, including retries.
 */
export interface WriteOperation {
  /** The kind of the operation. */
  readonly type: 'write';
  /** The key. */
  readonly key: string;
  /** The value that it writes. */
  readonly value: HistoryValue;
}

/** A delete of a key. A delete of an absent key must be recorded as a read of `undefined`. */
export interface DeleteOperation {
  /** The kind of the operation. */
  readonly type: 'delete';
  /** The key. */
  readonly key: string;
  /**
   * A mark for this delete, unique like the value of a write. If a store knows which delete removed a key,
   * reads of the absent key can return the mark. Then they are as traceable as reads of a value.
   * @default none
   */
  readonly value?: HistoryValue | undefined;
}

/** A read of the value or the list under a key. */
export interface ReadOperation {
  /** The kind of the operation. */
  readonly type: 'read';
  /** The key. */
  readonly key: string;
  /** The value that the read returned. */
  readonly value: ReadValue;
}

/** A scan of a range. It reads the entries, and the absence of all other keys in the range. */
export interface ScanOperation {
  /** The kind of the operation. */
  readonly type: 'scan';
  /** The range that was read. If a scan stopped early, it ends directly after the last key. */
  readonly range: KeyRange;
  /** The entries, in the order in which the scan returned them. */
  readonly entries: readonly (readonly [key: string, value: ReadValue])[];
  /**
   * `true` if the scan read from the last key to the first, `false` for the opposite direction.
   * @default undefined: either direction is valid, but the keys must be in order
   */
  readonly reverse?: boolean | undefined;
}

/** One operation of a transaction, with its value or result. */
export type Operation = AppendOperation | WriteOperation | DeleteOperation | ReadOperation | ScanOperation;

/** One transaction as its client saw it. */
export interface HistoryTransaction {
  /** The id, unique in the history. */
  readonly id: TransactionId;
  /**
   * The outcome. It is `unknown` if the client does not know the outcome, for example because it lost the
   * connection during the commit. Such a transaction counts as committed if another one read its writes, and
   * is ignored otherwise.
   */
  readonly status: 'committed' | 'aborted' | 'unknown';
  /**
   * The time when the transaction began, by a clock that all clients share, such as a counter.
   * @default before all other times
   */
  readonly beginAt?: number | undefined;
  /**
   * The time when the client learned the outcome, by the same clock. A transaction precedes another in real
   * time if it ended before the other began.
   * @default after all other times
   */
  readonly endAt?: number | undefined;
  /** The operations, in the order in which they took effect. */
  readonly operations: readonly Operation[];
}

/**
 * The operations of all clients of a store. Every key starts absent. If the store starts with data, the first
 * transaction must write that data. A key is either a list (`append`) or a register (`write` and `delete`).
 */
export interface History {
  /** The transactions, in any order. */
  readonly transactions: readonly HistoryTransaction[];
}
