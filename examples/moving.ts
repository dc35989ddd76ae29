/*
 * A shop outgrows the memory of one process. A copy of its store, as it is at one moment, is written to disk
 * while the shop goes on selling. The code that sells is the same before and after the move.
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

/** Returns the sum of stock and sales. It stays constant, because a sale changes both in one transaction. */
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
console.log(`copied ${copied}: ${await total(onDisk)} in total, ${(await onDisk.get('sold')) ?? 0} sold`);
console.log(`the old shop went on: ${await total(before)} in total, ${await before.get('sold')} sold`);
await before.close();
await onDisk.close();

// Only this line changes.
const after = await openStore<Shop>(`lmdb:${path}`);
await sell(after, 'stock:7');
console.log(`after the move: ${await total(after)} in total, ${await after.get('sold')} sold`);
await after.close();
rmSync(path, { recursive: true });
