import type { EntryIterator, MemStore, Store, Transaction } from 'memstore-tx';
import { expectTypeOf } from 'vitest';
import type { Shop, User } from './schemas.ts';

// Nothing here runs. The compiler is the test. The parameters of each function supply the typed values.

interface Counts {
  [hits: `hits:${string}`]: number;
  [bytes: `bytes:${string}`]: bigint;
  [grade: `grade:${string}`]: 1 | 2 | 3;
  [maybe: `maybe:${string}`]: number | null;
}

export async function updateInfersTheValue(store: Store<Shop>, tx: Transaction<Shop>): Promise<void> {
  expectTypeOf(await store.update('hits:a', (hits = 0) => hits + 1)).toEqualTypeOf<number>();
  expectTypeOf(await tx.update('hits:a', async (hits = 0) => hits + 1)).toEqualTypeOf<number>();
  const removed = await store.update('hits:a', (hits = 0) => (hits > 1 ? hits - 1 : undefined));
  expectTypeOf(removed).toEqualTypeOf<number | undefined>();
  await store.update('user:7', (user) => {
    expectTypeOf(user).toEqualTypeOf<User | undefined>();
    return { name: 'Ada' };
  });
  // @ts-expect-error hits are numbers
  await store.update('hits:a', () => 'x');
  // @ts-expect-error a user has a name
  await tx.update('user:7', () => ({ age: 1 }));
  // @ts-expect-error touch alone takes no initialTtl without a ttl
  await store.touch('hits:a', { initialTtl: 5 });
}

export async function incrementOffersNumericKeysOnly(
  store: MemStore<Counts>,
  tx: Transaction<Counts>,
  untyped: MemStore,
): Promise<void> {
  expectTypeOf(await store.increment('hits:a')).toEqualTypeOf<number>();
  expectTypeOf(await tx.increment('hits:a', 2, { initialTtl: 5 })).toEqualTypeOf<number>();
  expectTypeOf(await store.increment('bytes:a', 2n)).toEqualTypeOf<bigint>();
  expectTypeOf(await untyped.increment('anything')).toEqualTypeOf<number>();
  expectTypeOf(await untyped.increment('anything', 2n)).toEqualTypeOf<bigint>();
  // @ts-expect-error a bigint takes a bigint
  await store.increment('bytes:a', 1);
  // @ts-expect-error a bigint has no default step
  await store.increment('bytes:a');
  // @ts-expect-error the sum may be no grade
  await store.increment('grade:a');
  // @ts-expect-error null is no number
  await store.increment('maybe:a');
}

export async function theOthersInferTheValueToo(store: Store<Shop>, tx: Transaction<Shop>): Promise<void> {
  expectTypeOf(await store.take('user:7')).toEqualTypeOf<User | undefined>();
  expectTypeOf(await tx.putIfAbsent('hits:a', 1)).toEqualTypeOf<boolean>();
  expectTypeOf(await tx.clear({ prefix: 'hits:' })).toEqualTypeOf<number>();
  expectTypeOf(await store.getOrPut('user:7', async () => ({ name: 'Ada' }))).toEqualTypeOf<User>();
  expectTypeOf(await store.getOrPut('hits:a', () => undefined)).toEqualTypeOf<number | undefined>();
  // @ts-expect-error hits are numbers
  await store.putIfAbsent('hits:a', 'x');
  // @ts-expect-error hits are numbers
  await store.getOrPut('hits:a', () => 'x');
  // @ts-expect-error a ttl is required
  await tx.touch('hits:a', {});
  // @ts-expect-error clear has no limit
  await store.clear({ limit: 5 });
}

export async function toArrayReturnsTheRows(store: MemStore<Shop>, tx: Transaction<Shop>): Promise<void> {
  type Hits = [key: `hits:${string}`, value: number];
  expectTypeOf(store.entries({ prefix: 'hits:' })).toEqualTypeOf<EntryIterator<Hits>>();
  expectTypeOf(await tx.entries({ prefix: 'hits:' }).toArray()).toEqualTypeOf<Hits[]>();
}
