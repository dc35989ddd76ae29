/*
 * Concurrent transfers between bank accounts. `transaction()` runs a transfer again if it was the victim of a
 * deadlock, so the code of a transfer need not handle concurrency. An error of its own, such as too little
 * money, rolls the transfer back and reaches the caller without a retry.
 */
import { MemStore } from 'memstore-tx';

interface Bank {
  [account: `account:${string}`]: { readonly balance: number };
}

class InsufficientFunds extends Error {}

await using store = new MemStore<Bank>();
let attempts = 0;

async function transfer(from: string, to: string, amount: number): Promise<void> {
  await store.transaction(
    async (tx) => {
      attempts++;
      // getForUpdate acquires the exclusive lock before it reads. With get, two transfers from one account
      // would both acquire a shared lock and then wait for each other. That is a deadlock, which costs a
      // retry.
      const payer = (await tx.getForUpdate(`account:${from}`)) ?? { balance: 0 };
      if (payer.balance < amount) throw new InsufficientFunds(`${from} has only ${payer.balance}.`);
      const payee = (await tx.getForUpdate(`account:${to}`)) ?? { balance: 0 };
      await tx.put(`account:${from}`, { balance: payer.balance - amount });
      await tx.put(`account:${to}`, { balance: payee.balance + amount });
    },
    // Both have defaults. A service for users should give up sooner than a nightly job.
    { lockTimeout: 1_000, retryTimeout: 5_000 },
  );
}

async function total(): Promise<number> {
  let sum = 0;
  for await (const [, { balance }] of store.entries({ prefix: 'account:' })) sum += balance;
  return sum;
}

await store.putMany([
  ['account:anna', { balance: 100 }],
  ['account:ben', { balance: 100 }],
  ['account:cleo', { balance: 100 }],
]);

// These transfers form a circle and run concurrently. Each holds the account that the next one needs, so one
// of them is rolled back and run again.
await Promise.all([transfer('anna', 'ben', 10), transfer('ben', 'cleo', 20), transfer('cleo', 'anna', 30)]);
console.log(`3 transfers in ${attempts} attempts, ${store.stats().deadlocks} deadlock(s)`);
for await (const [key, { balance }] of store.entries()) console.log(key, balance);

try {
  await transfer('ben', 'anna', 1_000);
} catch (error) {
  if (!(error instanceof InsufficientFunds)) throw error;
  console.log('refused:', error.message);
}

console.log('total:', await total());
if ((await total()) !== 300) throw new Error('The total of all accounts must be 300, but it is not.');
