import type { MemStore, ShownEntry, StoreEvents, Transaction } from 'memstore-tx';
import { expectTypeOf } from 'vitest';
import type { Job, Settings, Shop, ShopInterface, User } from './schemas.ts';

// Nothing here runs. The compiler is the test.

type ShopEntry =
  | [`user:${string}`, User]
  | [`hits:${string}`, number]
  | [`job:${number}`, Job]
  | ['version', '1' | '2'];

export async function aLiteralPrefixKeepsTheTypes(
  store: MemStore<Shop>,
  tx: Transaction<Shop>,
): Promise<void> {
  for await (const entry of tx.entries({ prefix: 'user:' })) {
    expectTypeOf(entry).toEqualTypeOf<[`user:${string}`, User]>();
  }
  for await (const [key, value] of store.entries({ prefix: 'hits:', reverse: true, limit: 3 })) {
    expectTypeOf(key).toEqualTypeOf<`hits:${string}`>();
    expectTypeOf(value).toEqualTypeOf<number>();
  }
  for await (const [, job] of tx.entries({ prefix: 'job:', forUpdate: true, skipLocked: true })) {
    expectTypeOf(job).toEqualTypeOf<Job>();
  }
}

export async function aLongerPrefixNarrowsTheKey(tx: Transaction<Shop>): Promise<void> {
  for await (const [key, value] of tx.entries({ prefix: 'user:admin:' })) {
    expectTypeOf(key).toExtend<`user:${string}`>();
    expectTypeOf(value).toEqualTypeOf<User>();
    // @ts-expect-error a user is no number
    value.toFixed();
  }
}

export async function withoutAPrefixAnEntryIsOneOfAll(
  store: MemStore<Shop>,
  tx: Transaction<Shop>,
): Promise<void> {
  for await (const entry of tx.entries()) expectTypeOf(entry).toEqualTypeOf<ShopEntry>();
  for await (const entry of store.entries({ gte: 'a', lt: 'z' }))
    expectTypeOf(entry).toEqualTypeOf<ShopEntry>();
  const prefix: string = 'user:';
  for await (const entry of store.entries({ prefix })) expectTypeOf(entry).toEqualTypeOf<ShopEntry>();
  // A comparison of the key with a literal narrows the type of the value.
  for await (const entry of store.entries()) {
    if (entry[0] === 'version') expectTypeOf(entry[1]).toExtend<User | number | Job | string>();
  }
}

export async function interfacesAndLiteralsToo(
  shop: MemStore<ShopInterface>,
  settings: MemStore<Settings>,
): Promise<void> {
  for await (const entry of shop.entries({ prefix: 'user:' })) {
    expectTypeOf(entry).toEqualTypeOf<[`user:${string}`, User]>();
  }
  for await (const entry of settings.entries({ prefix: 'vol' }))
    expectTypeOf(entry).toEqualTypeOf<['volume', number]>();
  for await (const entry of settings.entries()) {
    if (entry[0] === 'theme') expectTypeOf(entry[1]).toEqualTypeOf<'dark' | 'light'>();
  }
}

export async function nothingStartsWithAnotherPrefix(store: MemStore<Shop>): Promise<void> {
  for await (const entry of store.entries({ prefix: 'customer:' })) expectTypeOf(entry).toBeNever();
}

export function optionsThatDoNotCompile(store: MemStore<Shop>, tx: Transaction<Shop>): void {
  // @ts-expect-error a one-shot scan locks nothing
  store.entries({ forUpdate: true });
  // @ts-expect-error limit is a number
  tx.entries({ limit: '3' });
  // @ts-expect-error no such bound
  tx.entries({ from: 'a' });
  // @ts-expect-error a signal is an AbortSignal
  tx.entries({ signal: new AbortController() });
}

export async function showAllTellsWhoHoldsWhat(store: MemStore<Settings>): Promise<void> {
  for await (const [key, shown] of store.showAll()) {
    expectTypeOf(key).toEqualTypeOf<'theme' | 'volume'>();
    expectTypeOf(shown).toExtend<ShownEntry<number | 'dark' | 'light'>>();
    expectTypeOf(shown.transactionId).toEqualTypeOf<number | undefined>();
  }
}

export function eventsAreTyped(store: MemStore<Shop>): void {
  store.on('commit', (event) => expectTypeOf(event).toEqualTypeOf<StoreEvents['commit']>());
  store.once('deadlock', ({ victimId, cycle }) => {
    expectTypeOf(victimId).toEqualTypeOf<number>();
    expectTypeOf(cycle[0]?.mode).toEqualTypeOf<'shared' | 'exclusive' | undefined>();
  });
  // @ts-expect-error no such event
  store.on('explode', () => undefined);
  // @ts-expect-error a commit has no victim
  store.on('commit', ({ victimId }) => void victimId);
}
