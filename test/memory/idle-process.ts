import { MemStore } from '../../src/index.ts';

/** Runs in its own process, which must exit by itself although everything is left open. */
const store = new MemStore();
await store.putMany(
  Array.from({ length: 100 }, (_, index) => [`k${index}`, index] as const),
  { ttl: 3_600_000 },
);
const tx = await store.begin();
await tx.put('left', 'open');
await tx.get('k1');
const snapshot = await store.begin({ readOnly: true });
await snapshot.get('k1');
const scan = tx.entries();
await scan.next();
process.stdout.write(process.argv[2] === 'close' ? 'closing' : 'leaving');
if (process.argv[2] === 'close') await store.close();
