import { MemStore } from '../../src/index.ts';

/**
 * Waits for a lock or a place in a process of its own. Only the wait keeps the process alive, until the store
 * rolls back the idle transaction that blocks it. The sweep for idle transactions does not keep it alive.
 */
const store = new MemStore({
  lockTimeout: Number.POSITIVE_INFINITY,
  idleTimeout: 50,
  ...(process.argv[2] === 'place' ? { maxActiveTransactions: 1 } : {}),
});
const holder = await store.begin();
await holder.put('k', 1);
if (process.argv[2] === 'place') await (await store.begin()).rollback();
else await store.put('k', 2);
process.stdout.write('granted');
