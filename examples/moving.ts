/*
 * A shop that outgrows the memory of one process: everything it has is copied to disk, in one moment of the
 * shop, while it goes on selling. The code that sells is the same before and after.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from 'memstore-tx';
import { copyStore, openStore } from 'memstore-tx/open';

interface Shop {
  [stock: `stock:${string}`]: number;
  sold: number;
}

async function sell(store: Store<Shop>, item: `stock:${string}`): Promise<void> {
  await store.transaction(async (tx) => {
    const left = (await tx.getForUpdate(item)) ?? 0;
    if (left === 0) return;
    await tx.put(item, left - 1);
    await tx.put('sold', ((await tx.getForUpdate('sold')) ?? 0) + 1);
  });
}

/** Stock and sales add up to what there was in the beginning, or a sale was torn in two. */
async function total(store: Store<Shop>): Promise<number> {
  let sum = (await store.get('sold')) ?? 0;
  for await (const [, left] of store.entries({ prefix: 'stock:' })) sum += left;
  return sum;
}

const path = mkdtempSync(join(tmpdir(), 'moving-'));
const before = await openStore<Shop>('memory:');
for (let item = 0; item < 250; item++) await before.put(`stock:${item}`, 4);

const onDisk = await openStore<Shop>(`lmdb:${path}`);
const sales: Promise<void>[] = [];
const copied = await copyStore(before, onDisk, {
  onProgress: ({ copied: soFar }) => {
    console.log(`${soFar} entries`);
    for (let item = 0; item < 250; item++) sales.push(sell(before, `stock:${item}`));
  },
});
await Promise.all(sales);
console.log(
  `copied ${copied}: in all ${await total(onDisk)}, of which sold ${(await onDisk.get('sold')) ?? 0}`,
);
console.log(`the old shop went on: in all ${await total(before)}, of which sold ${await before.get('sold')}`);
await before.close();
await onDisk.close();

// The one line that changes.
const after = await openStore<Shop>(`lmdb:${path}`);
await sell(after, 'stock:7');
console.log(`after the move: in all ${await total(after)}, of which sold ${await after.get('sold')}`);
await after.close();
rmSync(path, { recursive: true });
