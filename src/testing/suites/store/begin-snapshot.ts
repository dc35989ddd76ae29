import type { AnyStore, AnyTransaction } from './store-cases.ts';

/**
 * Begins a snapshot. The result type also has the write operations, so that a case can check that a snapshot
 * rejects them.
 */
export async function beginSnapshot(store: AnyStore): Promise<AnyTransaction> {
  return (await store.begin({ readOnly: true })) as AnyTransaction;
}
