/*
 * The shortest way into MemStore: put and get single values, change several of them together or not at all,
 * go back to a savepoint, and read everything as it was in one moment. The schema says which keys there are
 * and what their values look like; a wrong key or value does not compile. Run it with
 * `npx tsx examples/quickstart.ts`.
 */
import { MemStore } from 'memstore-tx';

interface Shop {
  [stock: `stock:${string}`]: number;
  [order: `order:${number}`]: { readonly item: string; readonly quantity: number };
}

await using store = new MemStore<Shop>();

// A single operation is a transaction of its own.
await store.put('stock:tea', 10);
await store.putMany([
  ['stock:coffee', 5],
  ['stock:cocoa', 1],
]);
console.log('tea in stock:', await store.get('stock:tea'));

// Several operations take effect together. While this runs nobody else can change what it has read, and
// nobody sees the half of it. If another transaction gets in its way it is run again, so it should do nothing
// that must not be repeated, such as sending a letter.
async function order(id: number, item: string, quantity: number): Promise<void> {
  await store.transaction(async (tx) => {
    const inStock = (await tx.getForUpdate(`stock:${item}`)) ?? 0;
    await tx.put(`order:${id}`, { item, quantity });
    // To throw is to roll back, so the order above is never seen either.
    if (inStock < quantity) throw new Error(`There are only ${inStock} of ${item}.`);
    await tx.put(`stock:${item}`, inStock - quantity);
  });
}

await order(1, 'tea', 3);
await order(2, 'cocoa', 2).catch((error: Error) => console.log('order 2 was refused:', error.message));
console.log('order 2 is there:', await store.has('order:2'));

// By hand: begin, and then commit or rollback. With `await using` a transaction that is left early rolls
// back.
{
  await using tx = await store.begin();
  await tx.put('stock:tea', 0);
  const beforeCoffee = await tx.savepoint();
  await tx.del('stock:coffee');
  await tx.rollbackTo(beforeCoffee);
  await tx.commit();
}

// Entries come in key order. Outside a transaction they are those of one moment, and nobody waits.
for await (const [key, inStock] of store.entries({ prefix: 'stock:' })) console.log(key, inStock);
