import { lru, MemStore, MemStoreError, mutexLocks, rangeShards } from 'memstore-tx';

// Tests the parts that every runtime must support: a transaction, a scan, a deadlock and a copied value. It
// uses only features that all runtimes have.

await smokeOn(new MemStore());
await smokeOn(
  new MemStore({ shards: rangeShards({ boundaries: ['b'] }), locks: mutexLocks(), cache: lru({ max: 9 }) }),
);
console.log('smoke passed');

async function smokeOn(store) {
  const bytes = new Uint8Array([1, 2, 3]);
  await store.putMany([
    ['a', 1],
    ['b', { list: [1n], bytes, when: new Date(0), map: new Map([['k', 'v']]) }],
  ]);
  bytes[0] = 9;
  const copy = await store.get('b');
  check(copy.bytes[0] === 1 && copy.list[0] === 1n && copy.map.get('k') === 'v', 'values are copied');

  const tx = await store.begin();
  await tx.put('c', 3);
  const keys = [];
  for await (const [key] of tx.entries({ gte: 'a' })) keys.push(key);
  check(keys.join() === 'a,b,c', "a scan is in key order and sees the transaction's own writes");
  check((await store.get('c')) === undefined, 'writes are private until commit');
  await tx.commit();
  check((await store.get('c')) === 3, 'a commit publishes');

  await Promise.all([increment(store, 'a', 'c'), increment(store, 'c', 'a')]);
  check(
    (await store.get('a')) === 3 && (await store.get('c')) === 5,
    'transactions that deadlock are retried',
  );

  const refused = await store.put('d', undefined).catch((error) => error);
  check(refused instanceof MemStoreError && refused.code === 'INVALID_VALUE', 'errors have codes');
  await store.close();
}

function increment(store, first, second) {
  return store.transaction(async (tx) => {
    for (const key of [first, second]) await tx.put(key, (await tx.get(key)) + 1);
  });
}

function check(condition, what) {
  if (!condition) throw new Error(`The check failed: ${what}.`);
}
