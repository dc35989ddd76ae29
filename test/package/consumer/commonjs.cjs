const assert = require('node:assert/strict');
const { MemStore, MemStoreError } = require('memstore-tx');
const { copyStore, openStore } = require('memstore-tx/open');
const { storeSuite } = require('memstore-tx/testing');

async function main() {
  const store = new MemStore();
  await store.put('a', 1);
  assert.equal(await store.get('a'), 1);
  await assert.rejects(store.put('a', undefined), (error) => error instanceof MemStoreError);

  const copy = await openStore('memory:');
  assert.ok(copy instanceof MemStore);
  assert.equal(await copyStore(store, copy), 1);
  for (const url of ['lmdb:./data', 'etcd://127.0.0.1:1'])
    await assert.rejects(
      openStore(url),
      (error) => error instanceof MemStoreError && /npm install/.test(error.message),
    );
  await store.close();

  const { runSuite } = await import('./run-suite.mjs');
  await runSuite((tests) => storeSuite('the packed MemStore', () => new MemStore(), tests));
}

main();
