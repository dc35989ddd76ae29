import type { AnyStore, AnyTransaction } from './store-cases.ts';

/**
 * Begins a snapshot. The result also has the operations that the type of a snapshot lacks, so that a case can
 * check how a snapshot answers them.
 */
export async function beginSnapshot(store: AnyStore): Promise<AnyTransaction> {
  return (await store.begin({ readOnly: true })) as AnyTransaction;
}
