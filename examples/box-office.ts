/*
 * Three box offices sell the seats of one house, each a program of its own on a machine of its own; here they
 * run in one process, and know of each other only through the cluster. No seat is sold twice, a seat that a
 * customer thinks about is kept for him for a while, and whatever machine is lost, what was sold is sold.
 *
 * ETCD_HOSTS says where the cluster is, as in 10.0.0.1:2379,10.0.0.2:2379. To try it on one node:
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

/** Sells one seat that is free, or none when there is none left. */
async function sellOne(store: EtcdStore<House>, office: string): Promise<string | undefined> {
  return store.transaction(async (tx) => {
    // What is read is compared when the transaction commits. If another office was faster, this runs again.
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
if (first === undefined) throw new Error('There is no office.');

// The cluster forgets it by itself, even if this program is gone by then.
await first.put('hold:B4', { customer: 'somebody who thinks about it' }, { ttl: HOLD_MS });

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
  throw new Error('A seat was sold twice, or is lost.');

// So that the cluster is as it was.
await first.transaction(async (tx) => {
  for await (const [key] of tx.entries()) await tx.del(key);
});
await Promise.all(stores.map((store) => store.close()));
