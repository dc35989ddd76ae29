import { MemStoreError } from '../contract/errors.ts';
import type { RangeOptions } from '../contract/store.ts';
import type { ScannedRow } from './cursor.ts';
import type { ServedStore, ServedTransaction } from './served-store.ts';

/** Yields the rows of a range, in a transaction or in a snapshot of a store. */
export async function* entriesOf(
  source: ServedStore | ServedTransaction,
  range: RangeOptions,
): AsyncGenerator<ScannedRow, undefined> {
  if ((range.forUpdate || range.skipLocked) && !('commit' in source))
    throw new MemStoreError('INVALID_OPTION', 'A scan for update needs a transaction.');
  for await (const [key, value] of source.entries(range)) yield { key, value };
}

/** Yields every committed entry, and the transaction that holds it. */
export async function* everythingOf(store: ServedStore): AsyncGenerator<ScannedRow, undefined> {
  if (store.showAll === undefined)
    throw new MemStoreError('UNKNOWN_COMMAND', 'The store that is served has no such report.');
  for await (const [key, { value, transactionId }] of store.showAll())
    yield { key, value, holder: { id: transactionId } };
}
