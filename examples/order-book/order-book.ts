/*
 * Orders that survive the death of the process that takes them. With `lmdbJournal` a commit is on disk when
 * it returns, so whoever was told "taken" was told the truth: the process is killed in the middle of its
 * work, with SIGKILL, and every order that it has confirmed is there when the store is opened again, together
 * with the turnover that was written in the same transaction.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

export interface Orders {
  [order: `order:${string}`]: { readonly cents: number };
  turnover: number;
}

const CONFIRMED_BEFORE_THE_END = 40;

const path = mkdtempSync(join(tmpdir(), 'order-book-'));
const taker = fork(fileURLToPath(new URL('taker.ts', import.meta.url)), [path], {
  execArgv: process.execArgv,
});
const confirmed: string[] = [];
taker.on('message', (number) => {
  confirmed.push(String(number));
  if (confirmed.length === CONFIRMED_BEFORE_THE_END) taker.kill('SIGKILL');
});
const [, signal] = await once(taker, 'close');

// Nothing has to be repaired, and nobody has to remove a lock of the process that is gone.
const store = new MemStore<Orders>({ journal: lmdbJournal({ path }) });
store.on('load', ({ loaded, done }) => {
  if (done)
    console.log(`the taker ended by ${signal}; ${loaded > 0 ? 'its entries are back' : 'nothing is there'}`);
});
for (const number of confirmed)
  if (!(await store.has(`order:${number}`))) throw new Error(`Order ${number} was confirmed, and is lost.`);

let sum = 0;
for await (const [, { cents }] of store.entries({ prefix: 'order:' })) sum += cents;
if (sum !== (await store.get('turnover'))) throw new Error('An order was torn in two.');
console.log('every confirmed order is there, and the turnover is the sum of all orders');
await store.close();
rmSync(path, { recursive: true });
