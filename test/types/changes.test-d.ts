import type { ChangeBatch, ChangeCause, KeyChangeBatch } from 'memstore-tx';
import { expectTypeOf } from 'vitest';
import type { Job, Shop, User } from './schemas.ts';

// Nothing here runs: the compiler is the test.

export function aPrefixNarrowsTheChanges(batch: ChangeBatch<Shop, 'user:'>): void {
  expectTypeOf(batch.revision).toEqualTypeOf<string>();
  if (batch.type === 'snapshot') expectTypeOf(batch.entries).toEqualTypeOf<[`user:${string}`, User][]>();
  if (batch.type === 'resync')
    expectTypeOf(batch.reason).toEqualTypeOf<'overflow' | 'history' | 'reconnect'>();
  if (batch.type !== 'commit') return;
  for (const { key, value, previous, expiresAt, cause } of batch.changes) {
    expectTypeOf(key).toEqualTypeOf<`user:${string}`>();
    expectTypeOf(value).toEqualTypeOf<User | undefined>();
    expectTypeOf(previous).toEqualTypeOf<User | undefined>();
    expectTypeOf(expiresAt).toEqualTypeOf<number | undefined>();
    expectTypeOf(cause).toEqualTypeOf<ChangeCause>();
  }
}

export function withoutAPrefixAChangeIsOneOfAll(batch: ChangeBatch<Shop>): void {
  if (batch.type !== 'commit') return;
  for (const change of batch.changes)
    expectTypeOf(change.value).toEqualTypeOf<User | number | Job | '1' | '2' | undefined>();
}

export function aKeyHasItsOwnType(batch: KeyChangeBatch<Shop, 'user:7'>): void {
  if (batch.type === 'snapshot') expectTypeOf(batch.entries).toEqualTypeOf<['user:7', User][]>();
  if (batch.type !== 'commit') return;
  for (const { key, value } of batch.changes) {
    expectTypeOf(key).toEqualTypeOf<'user:7'>();
    expectTypeOf(value).toEqualTypeOf<User | undefined>();
  }
}
