/*
 * A worker of worker-pool.ts, in its own process. It takes the first job that no other worker has, does it,
 * and commits the result in the same transaction. It repeats this until no jobs are left. If a worker dies,
 * its connection ends and the server rolls its transaction back, so the job is free again.
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

/** Returns whether jobs are left. Jobs of other workers count, because they may become free again. */
async function isAnyLeft(): Promise<boolean> {
  for await (const _ of store.entries({ prefix: 'job:', limit: 1 })) return true;
  return false;
}

for (let count = 0; await isAnyLeft(); ) {
  if (await workOnce(count)) count++;
  else await pause(POLL_MS);
}
