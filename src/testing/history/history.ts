import type { KeyRange } from '../../contract/key-range.ts';

/** Names a transaction in a history; any number or string that no other transaction has. */
export type TransactionId = number | string;

/** What a history writes. It need not be what the store keeps: a version number of it serves as well. */
export type HistoryValue = string | number | bigint;

/** What a read saw: a register's value, a list, or undefined when nothing was there. */
export type ReadValue = HistoryValue | readonly HistoryValue[] | undefined;

/** Appends a value to the list under a key. No other append to this key has this value. */
export interface AppendOperation {
  readonly type: 'append';
  readonly key: string;
  readonly value: HistoryValue;
}

/** Replaces the value under a key. No other write to this key has this value, not even a retried one. */
export interface WriteOperation {
  readonly type: 'write';
  readonly key: string;
  readonly value: HistoryValue;
}

/** Takes away the value under a key. A delete that found nothing is a read of `undefined` instead. */
export interface DeleteOperation {
  readonly type: 'delete';
  readonly key: string;
  /**
   * Marks this delete as if it were a write. A store that can tell which delete made a key absent lets its
   * reads return the mark; then a read of an absent key is as traceable as any other.
   */
  readonly value?: HistoryValue | undefined;
}

/** Reads the value or the list under a key. */
export interface ReadOperation {
  readonly type: 'read';
  readonly key: string;
  readonly value: ReadValue;
}

/** Reads every entry in a range, so that it also reads the absence of all the other keys in it. */
export interface ScanOperation {
  readonly type: 'scan';
  /** The range that was really read: a scan that stopped early ends behind the last key it yielded. */
  readonly range: KeyRange;
  /** The entries, in the order in which the scan yielded them. */
  readonly entries: readonly (readonly [key: string, value: ReadValue])[];
  /**
   * Whether the scan went from the last key to the first.
   * @default undefined: either direction is valid, if the whole scan keeps to it
   */
  readonly reverse?: boolean | undefined;
}

/** One step of a transaction, with what it wrote or saw. */
export type Operation = AppendOperation | WriteOperation | DeleteOperation | ReadOperation | ScanOperation;

/** One transaction as its client saw it. */
export interface HistoryTransaction {
  readonly id: TransactionId;
  /**
   * `unknown` when the client cannot tell, as after a connection lost during commit. Such a transaction
   * counts as committed if somebody saw its writes, and otherwise as if it had never been.
   */
  readonly status: 'committed' | 'aborted' | 'unknown';
  /**
   * When the client began it, by any clock that all clients share, a counter for example.
   * @default before everything
   */
  readonly beginAt?: number | undefined;
  /**
   * When the client knew that it had ended, by the same clock. A transaction comes before another in real
   * time when it ended before the other began.
   * @default after everything
   */
  readonly endAt?: number | undefined;
  /** In the order in which they took effect. */
  readonly operations: readonly Operation[];
}

/**
 * What the clients of a store did and saw. Every key starts absent; a store that starts with data has it
 * written by a first transaction. A key is either a list (`append`) or a register (`write` and `delete`).
 */
export interface History {
  readonly transactions: readonly HistoryTransaction[];
}
