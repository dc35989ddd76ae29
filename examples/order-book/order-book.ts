/*
 * Orders that survive a crash. With `lmdbJournal`, a commit is on disk before it resolves, so a confirmed
 * order is never lost. Here SIGKILL ends the process that takes orders in the middle of its work. When the
 * store is opened again, it has every confirmed order, and the turnover from the same transactions.
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

// The data needs no repair, and the killed process leaves no lock to remove.
const store = new MemStore<Orders>({ journal: lmdbJournal({ path }) });
store.on('load', ({ loaded, done }) => {
  if (done)
    console.log(
      `the taker was ended by ${signal}; ${loaded > 0 ? 'its entries are loaded' : 'no entries are loaded'}`,
    );
});
for (const number of confirmed)
  if (!(await store.has(`order:${number}`)))
    throw new Error(`Order ${number} was confirmed, but it is lost.`);

let sum = 0;
for await (const [, { cents }] of store.entries({ prefix: 'order:' })) sum += cents;
if (sum !== (await store.get('turnover')))
  throw new Error('The turnover must be the sum of all orders, but it is not.');
console.log('all confirmed orders are there, and the turnover is the sum of all orders');
await store.close();
rmSync(path, { recursive: true });
