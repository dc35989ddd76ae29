/*
 * One client of two-clients.ts, in its own process. It transfers money from one account to another a given
 * number of times. The code is the same as with a local store, except for `connect`.
 */
import { connect, type Store } from 'memstore-tx';
import type { Bank } from './two-clients.ts';

const [port, from, to, times] = process.argv.slice(2);

async function transfer(store: Store<Bank>, amount: number): Promise<void> {
  await store.transaction(async (tx) => {
    const payer = (await tx.getForUpdate(`account:${from}`)) ?? { balance: 0 };
    const payee = (await tx.getForUpdate(`account:${to}`)) ?? { balance: 0 };
    await tx.put(`account:${from}`, { balance: payer.balance - amount });
    await tx.put(`account:${to}`, { balance: payee.balance + amount });
  });
}

await using store = await connect<Bank>({ port: Number(port) });
for (let n = 0; n < Number(times); n++) await transfer(store, 1);
