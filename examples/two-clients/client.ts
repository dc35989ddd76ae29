/*
 * One client of two-clients.ts, a process of its own: it moves money from one account to another, as often as
 * it is told. The code is what it would be beside the store; only where the store comes from is different.
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
