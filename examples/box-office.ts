/*
 * Three box offices sell the seats of one theatre. In reality each runs on its own machine. Here they run in
 * one process, but share only the cluster. No seat is sold twice, and a seat can be held for a customer for a
 * while. Sold seats stay sold even if a machine is lost.
 *
 * ETCD_HOSTS has the addresses of the cluster, such as 10.0.0.1:2379,10.0.0.2:2379. To try it on one node:
 *
 *     etcd --data-dir "$(mktemp -d)" &
 *     npx tsx examples/box-office.ts
 */
import { EtcdStore } from 'memstore-tx/etcd';

interface House {
  [seat: `seat:${string}`]: { readonly soldBy: string };
  [hold: `hold:${string}`]: { readonly customer: string };
  [till: `till:${string}`]: number;
}

const SEATS = Array.from({ length: 24 }, (_, index) => `${'ABC'[index >> 3]}${(index & 7) + 1}`);
const HOLD_MS = 60_000;

const hosts = (process.env['ETCD_HOSTS'] ?? '127.0.0.1:2379').split(',');
const prefix = `box-office-${process.pid}`;

/** Sells one free seat and returns it, or returns undefined if none is left. */
async function sellOne(store: EtcdStore<House>, office: string): Promise<string | undefined> {
  return store.transaction(async (tx) => {
    // The commit checks that nothing that was read has changed. If another office was faster, this runs
    // again.
    for (const seat of SEATS) {
      const [sold, held] = await tx.getMany([`seat:${seat}`, `hold:${seat}`]);
      if (sold !== undefined || held !== undefined) continue;
      await tx.put(`seat:${seat}`, { soldBy: office });
      await tx.put(`till:${office}`, ((await tx.get(`till:${office}`)) ?? 0) + 1);
      return seat;
    }
    return undefined;
  });
}

const offices = ['north', 'south', 'harbour'];
const stores = await Promise.all(offices.map(() => EtcdStore.open<House>({ hosts, prefix })));
const [first] = stores;
if (first === undefined) throw new Error('The example needs at least one office.');

// The entry expires in the cluster, even if this program has ended by then.
await first.put('hold:B4', { customer: 'a customer who needs time to decide' }, { ttl: HOLD_MS });

await Promise.all(
  stores.map(async (store, index) => {
    while ((await sellOne(store, offices[index] ?? '')) !== undefined);
  }),
);

let sold = 0;
for await (const [, { soldBy }] of first.entries({ prefix: 'seat:' })) if (soldBy !== '') sold++;
const tills = await first.getMany(offices.map((office) => `till:${office}` as const));
console.log(`${sold} of ${SEATS.length} seats are sold, one is held`);
if (sold !== SEATS.length - 1 || tills.reduce((sum: number, till) => sum + (till ?? 0), 0) !== sold)
  throw new Error('The number of sold seats must match the tills.');

// Remove all entries of this example from the cluster.
await first.transaction(async (tx) => {
  for await (const [key] of tx.entries()) await tx.del(key);
});
await Promise.all(stores.map((store) => store.close()));
