import assert from 'node:assert/strict';
import { lru, MemStore, MemStoreError, mutexLocks } from 'memstore-tx';
import { copyStore, openStore } from 'memstore-tx/open';
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

const copy = await openStore('memory:');
assert.equal(await copyStore(store, copy), 2);
for (const url of ['lmdb:./data', 'etcd://127.0.0.1:1'])
  await assert.rejects(
    openStore(url),
    (error) => error instanceof MemStoreError && /npm install/.test(error.message),
  );
await store.close();

await runSuite((tests) => storeSuite('the packed MemStore', () => new MemStore(), tests));
await runSuite((tests) => lockSuite('the packed mutexLocks', () => mutexLocks(), tests, { coarse: true }));
