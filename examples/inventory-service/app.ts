import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { MemStoreError, type Store } from 'memstore-tx';

export interface Inventory {
  [item: `item:${string}`]: { readonly available: number };
  [reservation: `reservation:${string}`]: { readonly sku: string; readonly quantity: number };
}

/**
 * How long a request waits for other requests for the same item. Then the service replies that it is busy.
 */
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Returns the routes of the service. They accept any `Store`, so the stock may also be in another process.
 */
export function inventoryApp(store: Store<Inventory>): Hono {
  const app = new Hono();

  app.put('/items/:sku', async (c) => {
    const available = wholeNumber(await c.req.json(), 'available', 0);
    await store.put(`item:${c.req.param('sku')}`, { available });
    return c.body(null, 204);
  });

  app.get('/items', async (c) => {
    const items: Record<string, number> = {};
    // Shows the stock at one moment, even if requests change it meanwhile.
    for await (const [key, { available }] of store.entries({ prefix: 'item:' })) {
      items[key.slice('item:'.length)] = available;
    }
    return c.json(items);
  });

  app.post('/items/:sku/reservations', async (c) => {
    const sku = c.req.param('sku');
    const quantity = wholeNumber(await c.req.json(), 'quantity', 1);
    const id = crypto.randomUUID();
    await store.transaction(
      async (tx) => {
        const item = await tx.getForUpdate(`item:${sku}`);
        if (item === undefined) throw new HTTPException(404, { message: `The item ${sku} does not exist.` });
        if (item.available < quantity) {
          throw new HTTPException(409, { message: `Only ${item.available} of ${sku} are left.` });
        }
        await tx.put(`item:${sku}`, { available: item.available - quantity });
        await tx.put(`reservation:${id}`, { sku, quantity });
      },
      // If the client disconnects, its request stops waiting and its transaction is rolled back.
      { lockTimeout: LOCK_TIMEOUT_MS, signal: c.req.raw.signal },
    );
    return c.json({ id, sku, quantity }, 201);
  });

  app.delete('/reservations/:id', async (c) => {
    const id = c.req.param('id');
    await store.transaction(
      async (tx) => {
        const reservation = await tx.getForUpdate(`reservation:${id}`);
        // Releasing a reservation twice must not put its stock back twice.
        if (reservation === undefined)
          throw new HTTPException(404, { message: 'The reservation does not exist.' });
        const { sku, quantity } = reservation;
        const item = await tx.getForUpdate(`item:${sku}`);
        await tx.put(`item:${sku}`, { available: (item?.available ?? 0) + quantity });
        await tx.del(`reservation:${id}`);
      },
      { lockTimeout: LOCK_TIMEOUT_MS, signal: c.req.raw.signal },
    );
    return c.body(null, 204);
  });

  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status);
    // A retryable error means that the request is valid, but too many came at the same time.
    if (error instanceof MemStoreError && error.retryable) return c.json({ error: 'Try again.' }, 503);
    if (error instanceof MemStoreError && error.code === 'INVALID_KEY')
      return c.json({ error: error.message }, 400);
    return c.json({ error: 'The server failed unexpectedly.' }, 500);
  });
  return app;
}

function wholeNumber(body: unknown, field: string, least: number): number {
  const value = typeof body === 'object' && body !== null ? Reflect.get(body, field) : undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
  throw new HTTPException(400, { message: `${field} must be an integer of at least ${least}.` });
}
