/*
 * Sessions of a web application in a store of limited size: each lives for a while after its last request,
 * and when there are too many the least recently used make room. Both happen by themselves, both raise an
 * event, and neither touches a session while a transaction works on it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { lru, MemStore } from 'memstore-tx';

interface Sessions {
  [session: `session:${string}`]: { readonly user: string; readonly cart: readonly string[] };
}

const SESSION_MS = 400;

// Every put starts the life of its entry anew. A single put may ask for another one:
// put(key, value, { ttl }).
await using store = new MemStore<Sessions>({ cache: lru({ max: 3, ttl: SESSION_MS }) });
store.on('evict', ({ key, reason }) => console.log(`${key} was ${reason}`));
store.on('expire', ({ key, reason }) => console.log(`${key} has ${reason}`));

async function logIn(id: string, user: string): Promise<void> {
  await store.put(`session:${id}`, { user, cart: [] });
}

/** Undefined when the session is over. */
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

// Anna was here a moment ago, so Ben's session is now the least recently used and makes room for Dora's.
await logIn('d4', 'dora');

// A checkout that takes longer than a session lives. Cleo's session is locked, so it waits for her.
await using checkout = await store.begin();
await checkout.getForUpdate('session:c3');
await pause(2 * SESSION_MS);
console.log('during the checkout there is', (await checkout.get('session:c3'))?.user);
await checkout.put('session:c3', { user: 'cleo', cart: [] });
await checkout.commit();

console.log('anna adds to her cart:', (await addToCart('a1', 'milk')) ?? 'she has to log in again');
console.log('sessions left:', store.stats().entries);
