/*
 * A first look at MemStore: put and get single values, change several values atomically, roll back to a
 * savepoint, and read all entries as of one moment. The schema declares the keys and the types of their
 * values, so a wrong key or value does not compile. Run it with `npx tsx examples/quickstart.ts`.
 */
import { MemStore } from 'memstore-tx';

interface Shop {
  [stock: `stock:${string}`]: number;
  [order: `order:${number}`]: { readonly item: string; readonly quantity: number };
}

await using store = new MemStore<Shop>();

// Each single operation is its own transaction.
await store.put('stock:tea', 10);
await store.putMany([
  ['stock:coffee', 5],
  ['stock:cocoa', 1],
]);
console.log('tea in stock:', await store.get('stock:tea'));

// Several operations take effect together. Until the commit, no other transaction can change what this one
// has read or see a part of its writes. After a conflict the function runs again, so it must not do anything
// that must not be repeated, such as sending a letter.
async function order(id: number, item: string, quantity: number): Promise<void> {
  await store.transaction(async (tx) => {
    const inStock = (await tx.getForUpdate(`stock:${item}`)) ?? 0;
    await tx.put(`order:${id}`, { item, quantity });
    // Throwing rolls the transaction back, so no reader ever sees the order above.
    if (inStock < quantity) throw new Error(`Only ${inStock} of ${item} are in stock.`);
    await tx.put(`stock:${item}`, inStock - quantity);
  });
}

await order(1, 'tea', 3);
await order(2, 'cocoa', 2).catch((error: Error) => console.log('order 2 was refused:', error.message));
console.log('order 2 exists:', await store.has('order:2'));

// Without `transaction()`, call begin, then commit or rollback. With `await using`, a transaction rolls back
// if the block ends without a commit.
{
  await using tx = await store.begin();
  await tx.put('stock:tea', 0);
  const beforeCoffee = await tx.savepoint();
  await tx.del('stock:coffee');
  await tx.rollbackTo(beforeCoffee);
  await tx.commit();
}

// Entries come in key order. Outside a transaction they show one moment, and the scan neither waits nor
// blocks others.
for await (const [key, inStock] of store.entries({ prefix: 'stock:' })) console.log(key, inStock);
