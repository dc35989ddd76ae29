import { MemStore, MemStoreError, type Store, type Transaction } from 'memstore-tx';
import { storeSuite, type TestFunctions } from 'memstore-tx/testing';

interface Schema {
  [account: `account:${string}`]: { balance: number };
  [hits: `hits:${string}`]: number;
}

export async function visit(store: Store<Schema>): Promise<number> {
  return store.transaction(async (tx: Transaction<Schema>) => {
    const hits: number = (await tx.getForUpdate('hits:home')) ?? 0;
    await tx.put('hits:home', hits + 1);
    // @ts-expect-error: the schema says that hits are numbers.
    await tx.put('hits:home', 'many');
    // @ts-expect-error: the schema has no such key.
    await tx.get('visits:home');
    for await (const [, account] of tx.entries({ prefix: 'account:' })) account.balance.toFixed(2);
    return hits;
  });
}

export function isDeadlock(error: unknown): boolean {
  return error instanceof MemStoreError && error.code === 'DEADLOCK' && error.retryable;
}

/** The types of the two entries must be identical. Types with equal structure are not enough. */
export function check(tests: TestFunctions): void {
  storeSuite('typed', () => new MemStore(), tests);
}

export const store: Store<Schema> = new MemStore<Schema>();
