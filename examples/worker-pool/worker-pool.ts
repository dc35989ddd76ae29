/*
 * Worker processes share the jobs in one store. No job is done twice and none is lost, although one worker
 * dies in the middle of a job. This needs no coordinator, no acknowledgements and no leases. A worker takes a
 * job by locking its entry, and the lock is released when the connection of the worker ends.
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

// The first worker dies while it has its first job. The other two never die, because they never have -1
// finished jobs.
const codes = [await runWorker('anna', 0)];
codes.push(...(await Promise.all([runWorker('ben', -1), runWorker('cleo', -1)])));
console.log(`exit statuses of the workers: ${codes.join(', ')}`);

let done = 0;
let sum = 0;
for await (const [, { square, by }] of store.entries({ prefix: 'result:' })) {
  if (by === 'anna') throw new Error('Anna died before a commit, so the store must have no result by her.');
  done++;
  sum += square;
}
const { entries, rollbacks } = store.stats();
console.log(`${done} jobs done, the sum of their squares is ${sum}`);
if (done !== JOBS || entries !== JOBS || rollbacks < 1)
  throw new Error('Each job must be done exactly once, but one is lost or done twice.');
