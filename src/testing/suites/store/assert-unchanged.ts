import { assertEqual } from '../../assert.ts';
import { collect } from './collect.ts';
import type { AnyStore, AnyTransaction } from './store-cases.ts';

/**
 * Fails the test unless refused calls have changed nothing and their transaction still works. Before the
 * calls, the store must contain only the key 'k' with the value 'before'.
 */
export async function assertUnchanged(store: AnyStore, tx: AnyTransaction): Promise<void> {
  assertEqual(await tx.get('k'), 'before', 'the value in the transaction');
  await tx.put('l', 1);
  await tx.commit();
  assertEqual(
    await collect(store.entries()),
    [
      ['k', 'before'],
      ['l', 1],
    ],
    'the entries afterwards',
  );
}
