import { type RangeBounds, toKeyRange } from '../../../src/contract/key-range.ts';
import type {
  History,
  HistoryTransaction,
  HistoryValue,
  Operation,
  ReadValue,
  TransactionId,
} from '../../../src/testing/history/index.ts';

/** Short names for the operations, so that a history fits on a screen. */
export const append = (key: string, value: HistoryValue): Operation => ({ type: 'append', key, value });
export const write = (key: string, value: HistoryValue): Operation => ({ type: 'write', key, value });
export const remove = (key: string, value?: HistoryValue): Operation => ({ type: 'delete', key, value });
export const read = (key: string, value: ReadValue): Operation => ({ type: 'read', key, value });
export const scan = (bounds: RangeBounds, entries: Record<string, ReadValue>): Operation => ({
  type: 'scan',
  range: toKeyRange(bounds),
  entries: Object.entries(entries),
});

type Times = readonly [beginAt: number, endAt: number];

export function committed(
  id: TransactionId,
  operations: readonly Operation[],
  times?: Times,
): HistoryTransaction {
  return transaction(id, 'committed', operations, times);
}

export function aborted(
  id: TransactionId,
  operations: readonly Operation[],
  times?: Times,
): HistoryTransaction {
  return transaction(id, 'aborted', operations, times);
}

export function unknown(
  id: TransactionId,
  operations: readonly Operation[],
  times?: Times,
): HistoryTransaction {
  return transaction(id, 'unknown', operations, times);
}

function transaction(
  id: TransactionId,
  status: HistoryTransaction['status'],
  operations: readonly Operation[],
  times?: Times,
): HistoryTransaction {
  return { id, status, operations, beginAt: times?.[0], endAt: times?.[1] };
}

export function history(...transactions: HistoryTransaction[]): History {
  return { transactions };
}
