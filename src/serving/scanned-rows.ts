import type { ScannedRow } from './cursor.ts';
import { noSuchReport } from './no-such-report.ts';
import type { ServedStore } from './served-store.ts';

/** Yields the rows of a scan. */
export async function* rowsOf(
  entries: AsyncIterable<readonly [key: string, value: unknown]>,
): AsyncGenerator<ScannedRow, undefined> {
  for await (const [key, value] of entries) yield { key, value };
}

/** Yields every committed entry with the id of the transaction that holds it exclusively. */
export async function* everythingOf(store: ServedStore): AsyncGenerator<ScannedRow, undefined> {
  if (store.showAll === undefined) throw noSuchReport();
  for await (const [key, { value, transactionId }] of store.showAll())
    yield { key, value, holder: { id: transactionId } };
}
