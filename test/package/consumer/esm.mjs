import assert from 'node:assert/strict';
import { lru, MemStore, MemStoreError, mutexLocks } from 'memstore-tx';
import { lockSuite, storeSuite } from 'memstore-tx/testing';
import { runSuite } from './run-suite.mjs';

const store = new MemStore({ cache: lru({ max: 100 }) });
await store.transaction(async (tx) => {
  await tx.put('z', { at: new Date(0) });
  await tx.put('a', new Map([[1, 2n]]));
});
const keys = [];
for await (const [key] of store.entries()) keys.push(key);
assert.deepEqual(keys, ['a', 'z']);
await assert.rejects(store.put('a', undefined), (error) => error instanceof MemStoreError);
await store.close();

await runSuite((tests) => storeSuite('the packed MemStore', () => new MemStore(), tests));
await runSuite((tests) => lockSuite('the packed mutexLocks', () => mutexLocks(), tests, { coarse: true }));
