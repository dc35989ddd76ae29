import type { MemStore, Store, Transaction } from 'memstore-tx';
import { expectTypeOf } from 'vitest';
import type { Job, Settings, Shop, ShopInterface, User } from './schemas.ts';

// Nothing here runs. The compiler is the test. The parameters of each function supply the typed values.

export async function readsInferTheValue(store: MemStore<Shop>, tx: Transaction<Shop>): Promise<void> {
  expectTypeOf(await store.get('user:7')).toEqualTypeOf<User | undefined>();
  expectTypeOf(await store.get('hits:a')).toEqualTypeOf<number | undefined>();
  expectTypeOf(await tx.get('job:7')).toEqualTypeOf<Job | undefined>();
  expectTypeOf(await tx.get('version')).toEqualTypeOf<'1' | '2' | undefined>();
  expectTypeOf(await tx.getForUpdate('user:7')).toEqualTypeOf<User | undefined>();
  const id: string = 'seven';
  expectTypeOf(await tx.get(`user:${id}`)).toEqualTypeOf<User | undefined>();
  expectTypeOf(await tx.has('user:7')).toEqualTypeOf<boolean>();
  expectTypeOf(await tx.del('user:7')).toEqualTypeOf<boolean>();
}

export async function keysOutsideTheSchemaDoNotCompile(
  store: MemStore<Shop>,
  tx: Transaction<Shop>,
): Promise<void> {
  // @ts-expect-error no pattern has this prefix
  await store.get('customer:7');
  // @ts-expect-error a pattern is more than its prefix
  await store.get('user');
  // @ts-expect-error the pattern wants a number
  await tx.get('job:seven');
  // @ts-expect-error any string is too much
  await tx.get('user:7' as string);
  // @ts-expect-error a key is a string
  await tx.del(7);
  // @ts-expect-error one of the keys is outside the schema
  await tx.getMany(['user:7', 'customer:7']);
}

export async function writesTakeTheValueOfTheirKey(
  store: MemStore<Shop>,
  tx: Transaction<Shop>,
): Promise<void> {
  await store.put('user:7', { name: 'Ada' });
  await tx.put('hits:a', 1, { ttl: 1000 });
  await tx.put('version', '2');
  // @ts-expect-error hits are numbers
  await store.put('hits:a', 'x');
  // @ts-expect-error a user has a name
  await tx.put('user:7', { age: 1 });
  // @ts-expect-error there is no such version
  await tx.put('version', '3');
  // @ts-expect-error undefined is no value
  await tx.put('hits:a', undefined);
  // @ts-expect-error a time to live is a number
  await tx.put('hits:a', 1, { ttl: '1s' });
}

export async function getManyKeepsTheTuple(store: MemStore<Shop>, tx: Transaction<Shop>): Promise<void> {
  expectTypeOf(await store.getMany(['user:7', 'hits:a', 'version'])).toEqualTypeOf<
    [User | undefined, number | undefined, '1' | '2' | undefined]
  >();
  const [user, hits] = await tx.getMany(['user:7', 'hits:a']);
  expectTypeOf(user).toEqualTypeOf<User | undefined>();
  expectTypeOf(hits).toEqualTypeOf<number | undefined>();
  const users: `user:${string}`[] = [];
  expectTypeOf(await tx.getMany(users)).toExtend<(User | undefined)[]>();
}

export async function putManyTakesEachKeyWithItsOwnValue(
  store: MemStore<Shop>,
  tx: Transaction<Shop>,
): Promise<void> {
  await store.putMany([
    ['user:7', { name: 'Ada' }],
    ['hits:a', 1],
    ['version', '1'],
  ]);
  await tx.putMany(new Map([['hits:a', 1] as const]));
  // @ts-expect-error a user's key with the value of hits
  await store.putMany([['user:7', 1]]);
  const wrong = [['hits:a', { name: 'Ada' }] as const];
  // @ts-expect-error hits are numbers, although a user would be a value of another key
  await tx.putMany(wrong);
}

export async function transactionGivesWhatTheWorkReturns(store: MemStore<Shop>): Promise<void> {
  const name = await store.transaction(async (tx) => (await tx.get('user:7'))?.name);
  expectTypeOf(name).toEqualTypeOf<string | undefined>();
  expectTypeOf(await store.transaction(() => 7)).toEqualTypeOf<number>();
  expectTypeOf(await store.begin()).toEqualTypeOf<Transaction<Shop>>();
}

export async function interfacesAreSchemasToo(
  store: MemStore<ShopInterface>,
  settings: MemStore<Settings>,
): Promise<void> {
  expectTypeOf(await store.get('user:7')).toEqualTypeOf<User | undefined>();
  // @ts-expect-error hits are numbers
  await store.put('hits:a', 'x');
  expectTypeOf(await settings.get('theme')).toEqualTypeOf<'dark' | 'light' | undefined>();
  expectTypeOf(await settings.getMany(['volume', 'theme'])).toEqualTypeOf<
    [number | undefined, 'dark' | 'light' | undefined]
  >();
  // @ts-expect-error no such key
  await settings.get('colour');
  // @ts-expect-error no such theme
  await settings.putMany([['theme', 'blue']]);
}

export async function withoutASchemaEverythingIsUnknown(store: MemStore): Promise<void> {
  expectTypeOf(await store.get('anything')).toEqualTypeOf<unknown>();
  await store.put('anything', { at: 'all' });
  // @ts-expect-error a key is a string
  await store.get(7);
}

export function everyBackendIsAStore(store: MemStore<Shop>): void {
  expectTypeOf(store).toExtend<Store<Shop>>();
  // @ts-expect-error a store of another schema
  const other: Store<Settings> = store;
  void other;
}

export function schemasAreObjects(): void {
  // @ts-expect-error a schema is an object type
  type Wrong = MemStore<string>;
  const wrong: Wrong | undefined = undefined;
  void wrong;
}
