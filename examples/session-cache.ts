/*
 * Sessions of a web application in a store of limited size. Each session expires some time after its last
 * request. If there are too many, the store evicts the least recently used. It emits an event for both, and
 * never removes a session that a transaction has locked.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { lru, MemStore } from 'memstore-tx';

interface Sessions {
  [session: `session:${string}`]: { readonly user: string; readonly cart: readonly string[] };
}

const SESSION_MS = 400;

// Each put restarts the TTL of its entry. A single put can set a different one: put(key, value, { ttl }).
await using store = new MemStore<Sessions>({ cache: lru({ max: 3, ttl: SESSION_MS }) });
store.on('evict', ({ key, reason }) => console.log(`${key} was ${reason}`));
store.on('expire', ({ key, reason }) => console.log(`${key} has ${reason}`));

async function logIn(id: string, user: string): Promise<void> {
  await store.put(`session:${id}`, { user, cart: [] });
}

/** Returns the size of the cart, or undefined if the session has ended. */
async function addToCart(id: string, item: string): Promise<number | undefined> {
  return store.transaction(async (tx) => {
    const session = await tx.getForUpdate(`session:${id}`);
    if (session === undefined) return undefined;
    const cart = [...session.cart, item];
    await tx.put(`session:${id}`, { ...session, cart });
    return cart.length;
  });
}

await logIn('a1', 'anna');
await logIn('b2', 'ben');
await logIn('c3', 'cleo');
console.log('anna has', await addToCart('a1', 'tea'), 'thing(s) in her cart');

// Anna's session was just used, so Ben's is now the least recently used. It is evicted to make room for
// Dora's.
await logIn('d4', 'dora');

// This checkout takes longer than the TTL of a session. It has locked Cleo's session, so the session does not
// expire.
await using checkout = await store.begin();
await checkout.getForUpdate('session:c3');
await pause(2 * SESSION_MS);
console.log('session during the checkout:', (await checkout.get('session:c3'))?.user);
await checkout.put('session:c3', { user: 'cleo', cart: [] });
await checkout.commit();

console.log('anna adds to her cart:', (await addToCart('a1', 'milk')) ?? 'she has to log in again');
console.log('sessions left:', store.stats().entries);
