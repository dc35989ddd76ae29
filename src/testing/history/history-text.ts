import type { KeyRange } from '../../contract/key-range.ts';
import type { HistoryValue, ReadValue, TransactionId } from './history.ts';

/** Returns `T7` for a numeric transaction id of 7, and a string id unchanged. */
export function transactionText(id: TransactionId): string {
  return typeof id === 'number' ? `T${id}` : id;
}

export function valueText(value: ReadValue): string {
  if (value === undefined) return 'absent';
  if (typeof value === 'object') return listText(value);
  if (typeof value === 'bigint') return `${value}n`;
  return JSON.stringify(value);
}

/** Returns the end of a long list, because long lists differ near their end. */
function listText(list: readonly HistoryValue[]): string {
  const shown = list.slice(-12).map(valueText);
  if (list.length > shown.length) shown.unshift(`${list.length - shown.length} more`);
  return `[${shown.join(', ')}]`;
}

export function keyText(key: string): string {
  return JSON.stringify(key);
}

export function rangeText(range: KeyRange): string {
  return range.to === undefined
    ? `keys from ${keyText(range.from)}`
    : `keys from ${keyText(range.from)} to ${keyText(range.to)}`;
}
