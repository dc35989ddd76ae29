const assert = require('node:assert/strict');
const { MemStore, MemStoreError } = require('memstore-tx');
const { storeSuite } = require('memstore-tx/testing');

async function main() {
  const store = new MemStore();
  await store.put('a', 1);
  assert.equal(await store.get('a'), 1);
  await assert.rejects(store.put('a', undefined), (error) => error instanceof MemStoreError);
  await store.close();

  const { runSuite } = await import('./run-suite.mjs');
  await runSuite((tests) => storeSuite('the packed MemStore', () => new MemStore(), tests));
}

main();
