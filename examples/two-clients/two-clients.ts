/*
 * A server and two clients, three processes. The clients move money in opposite directions between the same
 * two accounts, so that each takes first what the other takes second: the deadlocks are no more than a retry
 * that `transaction()` makes by itself. Meanwhile the server's own program reads the same store in process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MemStore, startServer } from 'memstore-tx';

export interface Bank {
  [account: `account:${string}`]: { readonly balance: number };
}

const TRANSFERS = 200;

await using store = new MemStore<Bank>();
await using server = await startServer(store, { port: 0 });
await store.putMany([
  ['account:anna', { balance: 1_000 }],
  ['account:ben', { balance: 1_000 }],
]);

async function runClient(from: string, to: string, times: number): Promise<void> {
  const file = fileURLToPath(new URL('client.ts', import.meta.url));
  const client = fork(file, [String(server.port), from, to, String(times)], { execArgv: process.execArgv });
  const [code] = await once(client, 'exit');
  if (code !== 0) throw new Error(`The client that pays for ${from} ended with ${code}.`);
}

const clients = [runClient('anna', 'ben', TRANSFERS), runClient('ben', 'anna', TRANSFERS / 2)];
let isRunning = true;
let audits = 0;
const finished = Promise.all(clients).finally(() => {
  isRunning = false;
});
while (isRunning) {
  // All in one moment: a transfer is seen whole or not at all, whoever makes it.
  const [anna, ben] = await store.getMany(['account:anna', 'account:ben']);
  if ((anna?.balance ?? 0) + (ben?.balance ?? 0) !== 2_000) throw new Error('Money was made or lost.');
  audits++;
  await new Promise(setImmediate);
}
await finished;

for await (const [key, { balance }] of store.entries()) console.log(key, balance);
if (audits === 0) throw new Error('Nobody looked.');
