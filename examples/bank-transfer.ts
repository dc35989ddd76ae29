/*
 * Money moves between accounts while others move money too. `transaction()` runs a transfer again when it was
 * the victim of a deadlock, so the code says what a transfer is and nothing about who else is at work. What a
 * transfer refuses by itself (too little money) is an ordinary error: it rolls back and reaches the caller,
 * and is not tried again.
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
      // Reading with getForUpdate takes the exclusive lock at once. With get two transfers from one account
      // would both read it, then each wait for the other's shared lock to go: a deadlock, and one more retry.
      const payer = (await tx.getForUpdate(`account:${from}`)) ?? { balance: 0 };
      if (payer.balance < amount) throw new InsufficientFunds(`${from} has only ${payer.balance}.`);
      const payee = (await tx.getForUpdate(`account:${to}`)) ?? { balance: 0 };
      await tx.put(`account:${from}`, { balance: payer.balance - amount });
      await tx.put(`account:${to}`, { balance: payee.balance + amount });
    },
    // Both have defaults; a service that answers users gives up sooner than a nightly job.
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

// Round in a circle, all at once, and each holds what the next one needs. One of the three is rolled back
// and run again.
await Promise.all([transfer('anna', 'ben', 10), transfer('ben', 'cleo', 20), transfer('cleo', 'anna', 30)]);
console.log(`3 transfers in ${attempts} attempts, ${store.stats().deadlocks} deadlock(s) on the way`);
for await (const [key, { balance }] of store.entries()) console.log(key, balance);

try {
  await transfer('ben', 'anna', 1_000);
} catch (error) {
  if (!(error instanceof InsufficientFunds)) throw error;
  console.log('refused:', error.message);
}

console.log('total:', await total());
if ((await total()) !== 300) throw new Error('Money was made or lost.');
