/*
 * A queue of jobs that several workers drain. A worker takes the first job that no other worker has locked
 * (`forUpdate` locks it, `skipLocked` passes over those of others), works, and deletes it, all in one
 * transaction: if the worker dies half-way, the rollback puts the job back as if it had never been taken. The
 * key has the priority first and the order of arrival next, because a scan goes in key order.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MemStore } from 'memstore-tx';

interface Jobs {
  [waiting: `job:${number}:${string}`]: { readonly task: string; readonly attempts: number };
  [failed: `failed:${string}`]: { readonly reason: string };
}

const MAX_ATTEMPTS = 3;
const POLL_MS = 5;

await using store = new MemStore<Jobs>();
let submitted = 0;

async function submit(task: string, priority: 1 | 2 | 3): Promise<void> {
  // Padded, since keys are compared as strings: 'job:1:10' would come before 'job:1:9'.
  await store.put(`job:${priority}:${String(++submitted).padStart(8, '0')}`, { task, attempts: 0 });
}

/** Takes one job and does it. False when there is none, or when others are at all that there are. */
function workOnce(work: (task: string) => Promise<void>): Promise<boolean> {
  return store.transaction(async (tx) => {
    const firstFree = { prefix: 'job:', forUpdate: true, skipLocked: true, limit: 1 } as const;
    for await (const [key, job] of tx.entries(firstFree)) {
      try {
        await work(job.task);
        await tx.del(key);
      } catch (error) {
        // A task that fails is an outcome like any other, and is committed: the number of its attempts, and
        // in the end that nobody should try it again.
        const attempts = job.attempts + 1;
        if (attempts < MAX_ATTEMPTS) {
          await tx.put(key, { ...job, attempts });
        } else {
          await tx.del(key);
          await tx.put(`failed:${job.task}`, { reason: `${attempts} attempts: ${(error as Error).message}` });
        }
      }
      return true;
    }
    return false;
  });
}

async function hasJobs(): Promise<boolean> {
  for await (const _ of store.entries({ prefix: 'job:', limit: 1 })) return true;
  return false;
}

const done = new Map<string, number>();
async function sendLetter(task: string): Promise<void> {
  await pause(1);
  if (task === 'letter to nobody') throw new Error('there is no such address');
  done.set(task, (done.get(task) ?? 0) + 1);
}

for (let n = 1; n <= 40; n++) await submit(`letter ${n}`, 2);
await submit('urgent letter', 1);
await submit('letter to nobody', 1);

let isOpen = true;
const workers = Array.from({ length: 4 }, async () => {
  while (isOpen) if (!(await workOnce(sendLetter))) await pause(POLL_MS);
});
while (await hasJobs()) await pause(POLL_MS);
isOpen = false;
await Promise.all(workers);

console.log(`${done.size} letters sent, the first of them: ${[...done.keys()][0]}`);
for await (const [key, { reason }] of store.entries({ prefix: 'failed:' })) console.log(key, '-', reason);
if (done.size !== 41 || [...done.values()].some((times) => times !== 1))
  throw new Error('A letter was lost or doubled.');
