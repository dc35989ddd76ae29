/*
 * Workers, processes of their own, share the jobs of one store: no job is done twice and none is lost, though
 * one of them dies in the middle of a job. There is no coordinator, no acknowledgement and no lease to run
 * out: a job that is taken is a row that is locked, and the lock is gone with the connection that held it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MemStore, startServer } from 'memstore-tx';

export interface Jobs {
  [job: `job:${string}`]: { readonly number: number };
  [result: `result:${string}`]: { readonly square: number; readonly by: string };
}

const JOBS = 60;

await using store = new MemStore<Jobs>();
await using server = await startServer(store, { port: 0 });
for (let number = 1; number <= JOBS; number++)
  await store.put(`job:${String(number).padStart(3, '0')}`, { number });

async function runWorker(name: string, crashesAt: number): Promise<number> {
  const file = fileURLToPath(new URL('worker.ts', import.meta.url));
  const worker = fork(file, [String(server.port), name, String(crashesAt)], { execArgv: process.execArgv });
  const [code] = await once(worker, 'exit');
  return code;
}

// The first one dies with a job in its hands, before it has done any; the others are told never to.
const codes = [await runWorker('anna', 0)];
codes.push(...(await Promise.all([runWorker('ben', -1), runWorker('cleo', -1)])));
console.log(`workers ended with ${codes.join(', ')}`);

let done = 0;
let sum = 0;
for await (const [, { square, by }] of store.entries({ prefix: 'result:' })) {
  if (by === 'anna') throw new Error('What she did before she died was never committed.');
  done++;
  sum += square;
}
const { entries, rollbacks } = store.stats();
console.log(`${done} jobs done, the sum of their squares is ${sum}`);
if (done !== JOBS || entries !== JOBS || rollbacks < 1) throw new Error('A job was lost or doubled.');
