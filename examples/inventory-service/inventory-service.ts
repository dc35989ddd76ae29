/*
 * An HTTP service that keeps the stock of a shop in a MemStore. Requests run concurrently and await in the
 * middle of their work. Still no item is sold twice, because each reservation is a transaction. This file
 * starts the service on a free port, lets ten customers request the last three lamps, and stops the service.
 * The routes are in app.ts. They use Hono, but any framework works.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { MemStore } from 'memstore-tx';
import { type Inventory, inventoryApp } from './app.ts';

await using store = new MemStore<Inventory>();
const { fetch: handler } = inventoryApp(store);

const { server, url } = await new Promise<{ server: ReturnType<typeof serve>; url: string }>((resolve) => {
  const server = serve({ fetch: handler, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) =>
    resolve({ server, url: `http://127.0.0.1:${port}` }),
  );
});

function send(method: string, path: string, body?: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

async function list(): Promise<string> {
  return (await send('GET', '/items')).text();
}

await send('PUT', '/items/lamp', { available: 3 });
await send('PUT', '/items/chair', { available: 20 });
console.log('in stock:', await list());

const customers = Array.from({ length: 10 }, () => send('POST', '/items/lamp/reservations', { quantity: 1 }));
const answers = await Promise.all(customers);
const reserved = answers.filter(({ status }) => status === 201);
const refused = answers.filter(({ status }) => status === 409);
console.log(`10 customers wanted one of 3 lamps: ${reserved.length} got one, ${refused.length} were refused`);
console.log('in stock:', await list());

// One customer cancels, and clicks the button twice.
const { id } = (await (reserved[0] as Response).json()) as { id: string };
const released = await Promise.all([
  send('DELETE', `/reservations/${id}`),
  send('DELETE', `/reservations/${id}`),
]);
console.log(
  'released twice:',
  released
    .map(({ status }) => status)
    .sort()
    .join(' and '),
);
console.log('in stock:', await list());

await new Promise((resolve) => server.close(resolve));
const lamps = (await store.get('item:lamp'))?.available;
if (reserved.length !== 3 || refused.length !== 7 || lamps !== 1)
  throw new Error('Three lamps must be reserved and one be free again, but that is not so.');
