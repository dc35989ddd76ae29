import type { Key, MemStore, Storable, Store } from 'memstore-tx';
import { expectTypeOf } from 'vitest';
import type { Settings, Shop, ShopInterface, User } from './schemas.ts';

// Nothing here runs. The compiler is the test.

declare const brand: unique symbol;

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
  parent?: Tree | undefined;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

class Account {
  balance = 0;
  deposit(amount: number): void {
    this.balance += amount;
  }
}

class Registry extends Map<string, number> {
  total(): number {
    return this.size;
  }
}

export function storableTypesStayAsTheyAre(): void {
  expectTypeOf<Storable<string>>().toEqualTypeOf<string>();
  expectTypeOf<Storable<number | bigint | boolean | null | undefined>>().toEqualTypeOf<
    number | bigint | boolean | null | undefined
  >();
  expectTypeOf<Storable<'a' | 7>>().toEqualTypeOf<'a' | 7>();
  expectTypeOf<Storable<string & { readonly [brand]: 'id' }>>().toEqualTypeOf<
    string & { readonly [brand]: 'id' }
  >();
  expectTypeOf<Storable<unknown>>().toEqualTypeOf<unknown>();
  expectTypeOf<Storable<never>>().toBeNever();
  expectTypeOf<Storable<Date | RegExp>>().toEqualTypeOf<Date | RegExp>();
  expectTypeOf<Storable<ArrayBuffer>>().toEqualTypeOf<ArrayBuffer>();
  expectTypeOf<Storable<DataView>>().toEqualTypeOf<DataView>();
  expectTypeOf<Storable<Uint8Array>>().toEqualTypeOf<Uint8Array>();
  expectTypeOf<Storable<Uint8Array<ArrayBuffer>>>().toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf<Storable<Float64Array | BigInt64Array>>().toEqualTypeOf<Float64Array | BigInt64Array>();
  expectTypeOf<Storable<Map<string, Date>>>().toEqualTypeOf<Map<string, Date>>();
  expectTypeOf<Storable<ReadonlyMap<string, User>>>().toEqualTypeOf<ReadonlyMap<string, User>>();
  expectTypeOf<Storable<Set<number>>>().toEqualTypeOf<Set<number>>();
  expectTypeOf<Storable<ReadonlySet<number>>>().toEqualTypeOf<ReadonlySet<number>>();
  expectTypeOf<Storable<string[]>>().toEqualTypeOf<string[]>();
  expectTypeOf<Storable<readonly Date[]>>().toEqualTypeOf<readonly Date[]>();
  expectTypeOf<Storable<[at: Date, by?: User]>>().toEqualTypeOf<[at: Date, by?: User]>();
  expectTypeOf<Storable<readonly [1, ...string[]]>>().toEqualTypeOf<readonly [1, ...string[]]>();
  expectTypeOf<Storable<User>>().toEqualTypeOf<User>();
  expectTypeOf<Storable<{ kind: 'a'; at: Date } | { kind: 'b'; n?: number }>>().toEqualTypeOf<
    { kind: 'a'; at: Date } | { kind: 'b'; n?: number }
  >();
  expectTypeOf<Storable<Record<string, number>>>().toEqualTypeOf<Record<string, number>>();
}

export function recursiveTypesAreStorable(tree: Tree, json: Json, error: Error): void {
  const storedTree: Storable<Tree> = tree;
  const storedJson: Storable<Json> = json;
  const storedError: Storable<Error> = error;
  const back: [Tree, Json, Error] = [storedTree, storedJson, storedError];
  void back;
}

export function whatNoStoreKeepsIsNever(): void {
  expectTypeOf<Storable<() => void>>().toBeNever();
  expectTypeOf<Storable<(name: string) => Promise<number>>>().toBeNever();
  expectTypeOf<Storable<typeof Account>>().toBeNever();
  expectTypeOf<Storable<abstract new () => object>>().toBeNever();
  expectTypeOf<Storable<symbol>>().toBeNever();
  expectTypeOf<Storable<typeof brand>>().toBeNever();
  expectTypeOf<Storable<number | (() => void)>>().toEqualTypeOf<number>();
  expectTypeOf<Storable<Uint8Array<SharedArrayBuffer>>>().toBeNever();
  expectTypeOf<Storable<{ n: number; f: () => void }>>().toEqualTypeOf<{ n: number; f: never }>();
  expectTypeOf<Storable<{ n: number; f?: () => void }>>().toEqualTypeOf<{ n: number; f?: never }>();
  expectTypeOf<Storable<{ list: { on(): void }[] }>>().toEqualTypeOf<{ list: { on: never }[] }>();
  expectTypeOf<Storable<Map<string, () => void>>>().toEqualTypeOf<Map<string, never>>();
  expectTypeOf<Storable<Set<symbol>>>().toEqualTypeOf<Set<never>>();
  expectTypeOf<Storable<{ readonly [brand]: 1; n: number }>>().toEqualTypeOf<{
    readonly [brand]: never;
    n: number;
  }>();
  expectTypeOf<Storable<Account>['deposit']>().toBeNever();
  expectTypeOf<Storable<Registry>['total']>().toBeNever();
}

/** Values of these types cannot be stored, so `put` must not accept the types. */
export function instancesAreNotStorable(
  account: Account,
  registry: Registry,
  buffer: Buffer,
  shared: SharedArrayBuffer,
  promise: Promise<number>,
  weak: WeakMap<object, number>,
  url: URL,
): void {
  expectTypeOf(account).not.toExtend<Storable<Account>>();
  expectTypeOf(registry).not.toExtend<Storable<Registry>>();
  expectTypeOf(buffer).not.toExtend<Storable<Buffer>>();
  expectTypeOf(shared).not.toExtend<Storable<SharedArrayBuffer>>();
  expectTypeOf(promise).not.toExtend<Storable<Promise<number>>>();
  expectTypeOf(weak).not.toExtend<Storable<WeakMap<object, number>>>();
  expectTypeOf(url).not.toExtend<Storable<URL>>();
}

export function schemasKeepTheirKeys(): void {
  expectTypeOf<Storable<Shop>>().toEqualTypeOf<Shop>();
  expectTypeOf<Storable<ShopInterface>>().toEqualTypeOf<ShopInterface>();
  expectTypeOf<Storable<Settings>>().toEqualTypeOf<Settings>();
  expectTypeOf<Key<Storable<Shop>>>().toEqualTypeOf<Key<Shop>>();
}

type Bank = Storable<{
  [account: `account:${string}`]: Account;
  [user: `user:${string}`]: { name: string; born: Date; tags?: Set<string> };
  motd: string;
}>;

export async function aStoreOfStorableValues(
  store: MemStore<Bank>,
  shop: MemStore<Storable<Shop>>,
): Promise<void> {
  await store.put('user:7', { name: 'Ada', born: new Date(0) });
  await store.putMany([
    ['motd', 'hello'],
    ['user:8', { name: 'Bob', born: new Date(0), tags: new Set(['new']) }],
  ]);
  expectTypeOf((await store.get('user:7'))?.born).toEqualTypeOf<Date | undefined>();
  // @ts-expect-error an account has a method, which no store keeps
  await store.put('account:7', new Account());
  // @ts-expect-error without the method it is no account
  await store.put('account:7', { balance: 7 });
  // @ts-expect-error the method does not come back
  (await store.get('account:7'))?.deposit(1);
  // @ts-expect-error a user has a name
  await store.put('user:7', { born: new Date(0) });
  // @ts-expect-error no pattern has this prefix
  await store.get('customer:7');
  expectTypeOf(await shop.get('user:7')).toEqualTypeOf<User | undefined>();
  expectTypeOf(shop).toExtend<Store<Shop>>();
  for await (const entry of store.entries({ prefix: 'user:' }))
    expectTypeOf(entry[1].name).toEqualTypeOf<string>();
}
