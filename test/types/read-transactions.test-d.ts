import type {
  MemStore,
  MemStoreError,
  ReadTransaction,
  ReadWrite,
  RemoteStore,
  RunOptions,
  Savepoint,
  Store,
  Transaction,
  TransactionOptions,
} from 'memstore-tx';
import type { EtcdStore } from 'memstore-tx/etcd';
import { expectTypeOf } from 'vitest';
import type { Shop, User } from './schemas.ts';

// Nothing here runs. The compiler is the test.

type AnyShop = Store<Shop> | MemStore<Shop> | RemoteStore<Shop> | EtcdStore<Shop>;

export async function beginGivesATransaction(store: AnyShop): Promise<void> {
  expectTypeOf(await store.begin()).toEqualTypeOf<Transaction<Shop>>();
  expectTypeOf(await store.begin(undefined)).toEqualTypeOf<Transaction<Shop>>();
  expectTypeOf(await store.begin({})).toEqualTypeOf<Transaction<Shop>>();
  expectTypeOf(await store.begin({ lockTimeout: 0, age: 7 })).toEqualTypeOf<Transaction<Shop>>();
  expectTypeOf(await store.begin({ readOnly: false })).toEqualTypeOf<Transaction<Shop>>();
  const options: ReadWrite<TransactionOptions> = { idleTimeout: 5 };
  expectTypeOf(await store.begin(options)).toEqualTypeOf<Transaction<Shop>>();
}

export async function beginReadOnlyGivesAReadTransaction(store: AnyShop): Promise<void> {
  expectTypeOf(await store.begin({ readOnly: true })).toEqualTypeOf<ReadTransaction<Shop>>();
  expectTypeOf(await store.begin({ readOnly: true, idleTimeout: 5 })).toEqualTypeOf<ReadTransaction<Shop>>();
  // @ts-expect-error no such option
  await store.begin({ readonly: true });
  // @ts-expect-error a flag is a boolean
  await store.begin({ readOnly: 1 });
}

export async function generalOptionsGiveAReadTransaction<S extends object>(
  store: Store<S>,
  options: TransactionOptions,
  given: { readonly readOnly: boolean },
): Promise<void> {
  expectTypeOf(await store.begin(options)).toEqualTypeOf<ReadTransaction<S>>();
  expectTypeOf(await store.begin(given)).toEqualTypeOf<ReadTransaction<S>>();
  const begin = (more?: TransactionOptions): Promise<ReadTransaction<S>> => store.begin(more);
  await begin();
}

export async function aReadTransactionReads(tx: ReadTransaction<Shop>): Promise<void> {
  expectTypeOf(await tx.get('user:7')).toEqualTypeOf<User | undefined>();
  expectTypeOf(await tx.getMany(['user:7', 'hits:a'])).toEqualTypeOf<
    [User | undefined, number | undefined]
  >();
  expectTypeOf(await tx.has('user:7')).toEqualTypeOf<boolean>();
  expectTypeOf(await tx.ttl('user:7')).toEqualTypeOf<number | undefined>();
  for await (const entry of tx.entries({ prefix: 'user:', reverse: true, limit: 3 }))
    expectTypeOf(entry).toEqualTypeOf<[`user:${string}`, User]>();
  expectTypeOf(tx.failure).toEqualTypeOf<MemStoreError | undefined>();
  expectTypeOf(tx.id).toEqualTypeOf<number>();
  expectTypeOf(tx.readOnly).toEqualTypeOf<boolean>();
  await tx.commit();
  await tx.rollback();
  await using own = tx;
  void own;
}

export async function aReadTransactionDoesNotWrite(
  tx: ReadTransaction<Shop>,
  savepoint: Savepoint,
): Promise<void> {
  // @ts-expect-error a snapshot cannot write
  await tx.put('hits:a', 1);
  // @ts-expect-error a snapshot cannot write
  await tx.putMany([['hits:a', 1]]);
  // @ts-expect-error a snapshot cannot write
  await tx.del('hits:a');
  // @ts-expect-error a snapshot takes no lock
  await tx.getForUpdate('hits:a');
  // @ts-expect-error a snapshot takes no lock
  tx.entries({ forUpdate: true });
  // @ts-expect-error a snapshot takes no lock
  tx.entries({ skipLocked: true });
  // @ts-expect-error a snapshot has nothing to undo
  await tx.savepoint();
  // @ts-expect-error a snapshot has nothing to undo
  await tx.rollbackTo(savepoint);
  // @ts-expect-error a snapshot lacks the writes of a transaction
  const writable: Transaction<Shop> = tx;
  void writable;
}

async function countUsers(tx: ReadTransaction<Shop>): Promise<number> {
  let users = 0;
  for await (const _ of tx.entries({ prefix: 'user:' })) users++;
  return users;
}

const visit = (tx: Transaction<Shop>): Promise<void> => tx.put('hits:a', 1);

export async function workThatReadsTakesEither(store: AnyShop, tx: Transaction<Shop>): Promise<void> {
  expectTypeOf(tx).toExtend<ReadTransaction<Shop>>();
  expectTypeOf(await countUsers(tx)).toEqualTypeOf<number>();
  expectTypeOf(await store.transaction(countUsers)).toEqualTypeOf<number>();
  expectTypeOf(await store.transaction(countUsers, { readOnly: true })).toEqualTypeOf<number>();
}

export async function workOnASnapshotCannotWrite(store: AnyShop, options: RunOptions): Promise<void> {
  const hits = await store.transaction(
    async (tx) => {
      expectTypeOf(tx).toEqualTypeOf<ReadTransaction<Shop>>();
      // @ts-expect-error a snapshot cannot write
      tx.put;
      return tx.get('hits:a');
    },
    { readOnly: true, maxAttempts: 3 },
  );
  expectTypeOf(hits).toEqualTypeOf<number | undefined>();
  // @ts-expect-error the work writes
  await store.transaction(visit, { readOnly: true });
  // @ts-expect-error the work writes, and the options may ask for a snapshot
  await store.transaction(visit, options);
  expectTypeOf(await store.transaction((tx) => tx.has('user:7'), options)).toEqualTypeOf<boolean>();
}

export async function workThatWritesTakesEveryOtherOption(
  store: AnyShop,
  options: ReadWrite<RunOptions>,
): Promise<void> {
  await store.transaction(visit);
  await store.transaction(visit, options);
  await store.transaction(visit, { readOnly: false, lockTimeout: 5, retryTimeout: 5, maxAttempts: 2 });
  await store.transaction(async (tx) => expectTypeOf(tx).toEqualTypeOf<Transaction<Shop>>(), {
    maxAttempts: 2,
  });
}

/** A store may declare a single signature for each operation, as all stores did before `ReadTransaction`. */
export function aStoreMayGiveMoreThanItHasTo(
  begin: (options?: TransactionOptions) => Promise<Transaction<Shop>>,
  transaction: <R>(work: (tx: Transaction<Shop>) => R | Promise<R>, options?: RunOptions) => Promise<R>,
): void {
  expectTypeOf(begin).toExtend<Store<Shop>['begin']>();
  expectTypeOf(transaction).toExtend<Store<Shop>['transaction']>();
}
