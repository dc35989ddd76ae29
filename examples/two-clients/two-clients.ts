/*
 * A server and two clients in three processes. The clients transfer money between the same two accounts in
 * opposite directions, so they lock the accounts in opposite order. Each deadlock costs only a retry by
 * `transaction()`. Meanwhile the server process itself reads the same store.
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
  if (code !== 0) throw new Error(`The client that pays from ${from} exited with status ${code}.`);
}

const clients = [runClient('anna', 'ben', TRANSFERS), runClient('ben', 'anna', TRANSFERS / 2)];
let isRunning = true;
let audits = 0;
const finished = Promise.all(clients).finally(() => {
  isRunning = false;
});
while (isRunning) {
  // getMany reads both accounts at one moment, so it never sees half of a transfer.
  const [anna, ben] = await store.getMany(['account:anna', 'account:ben']);
  if ((anna?.balance ?? 0) + (ben?.balance ?? 0) !== 2_000)
    throw new Error('The total of both accounts must be 2000, but it is not.');
  audits++;
  await new Promise(setImmediate);
}
await finished;

for await (const [key, { balance }] of store.entries()) console.log(key, balance);
if (audits === 0) throw new Error('The balances were never checked.');
