/*
 * A worker of worker-pool.ts, a process of its own. It takes the first job that nobody else has taken, does
 * it, and commits the result in the transaction in which it took the job, until there are no more. A worker
 * that dies lets go of its job: its connection ends, so the server rolls its transaction back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from 'memstore-tx';
import type { Jobs } from './worker-pool.ts';

const POLL_MS = 5;
const [port, name, crashesAt] = process.argv.slice(2);
const free = { prefix: 'job:', forUpdate: true, skipLocked: true, limit: 1 } as const;

await using store = await connect<Jobs>({ port: Number(port) });

function workOnce(count: number): Promise<boolean> {
  return store.transaction(async (tx) => {
    for await (const [key, job] of tx.entries(free)) {
      if (count === Number(crashesAt)) process.exit(1);
      await tx.del(key);
      await tx.put(`result:${key.slice('job:'.length)}`, { square: job.number ** 2, by: `${name}` });
      return true;
    }
    return false;
  });
}

/** Jobs that others hold may come free again. */
async function isAnyLeft(): Promise<boolean> {
  for await (const _ of store.entries({ prefix: 'job:', limit: 1 })) return true;
  return false;
}

for (let count = 0; await isAnyLeft(); ) {
  if (await workOnce(count)) count++;
  else await pause(POLL_MS);
}
