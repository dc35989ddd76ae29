/*
 * A job queue with leases, for jobs that take long or have effects outside the store.
 *
 * A worker takes a job in one short transaction, which also writes a lease: an entry that expires. The worker
 * then does the job outside any transaction and renews its lease meanwhile. A second short transaction
 * deletes the job if the worker still has the lease. When a worker dies, its lease expires and another worker
 * takes the job.
 *
 * This delivers each job at least once. If a worker stalls for longer than its lease, another worker may do
 * the same job too. So make jobs idempotent: here each letter has a number, and the post office ignores
 * duplicates.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MemStore } from 'memstore-tx';

type JobKey = `job:${number}:${string}`;

interface Job {
  readonly letter: string;
  readonly attempts: number;
}

interface Queue {
  [waiting: JobKey]: Job;
  [lease: `lease:${JobKey}`]: { readonly token: number };
  [failed: `failed:${JobKey}`]: { readonly letter: string; readonly reason: string };
}

interface TakenJob extends Job {
  readonly key: JobKey;
  readonly token: number;
}

const MAX_ATTEMPTS = 3;
const LEASE_MS = 1_000;
const POLL_MS = 5;

// An idle transaction ends after 100 ms. Jobs may take longer, because no transaction is open while they run.
await using store = new MemStore<Queue>({ idleTimeout: 100 });
let lastJob = 0;
let lastToken = 0;

async function submit(letter: string, priority: 1 | 2 | 3): Promise<void> {
  // Keys are compared as strings: without the padding, 'job:1:10' would come before 'job:1:9'.
  await store.put(`job:${priority}:${String(++lastJob).padStart(8, '0')}`, { letter, attempts: 0 });
}

/** Leases the first job that no other worker has, or returns undefined. */
function take(): Promise<TakenJob | undefined> {
  return store.transaction(async (tx) => {
    // `skipLocked` skips jobs that another worker is taking at this moment.
    for await (const [key, job] of tx.entries({ prefix: 'job:', forUpdate: true, skipLocked: true })) {
      if (await tx.has(`lease:${key}`)) continue;
      const attempts = job.attempts + 1;
      const token = ++lastToken;
      await tx.put(key, { ...job, attempts });
      await tx.put(`lease:${key}`, { token }, { ttl: LEASE_MS });
      return { key, token, letter: job.letter, attempts };
    }
    return undefined;
  });
}

/** Renews the lease. Returns false if it has expired, because another worker may have the job. */
function renew({ key, token }: TakenJob): Promise<boolean> {
  return store.transaction(async (tx) => {
    const lease = await tx.getForUpdate(`lease:${key}`);
    if (lease?.token !== token) return false;
    await tx.put(`lease:${key}`, { token }, { ttl: LEASE_MS });
    return true;
  });
}

/** Ends the job. Returns false if the lease was lost. `failure` is the reason if the attempt failed. */
function finish(job: TakenJob, failure?: Error): Promise<boolean> {
  const { key, token, letter, attempts } = job;
  return store.transaction(async (tx) => {
    const lease = await tx.getForUpdate(`lease:${key}`);
    if (lease?.token !== token) return false;
    await tx.del(`lease:${key}`);
    // Keep the job for the next attempt.
    if (failure !== undefined && attempts < MAX_ATTEMPTS) return true;
    await tx.del(key);
    if (failure !== undefined)
      await tx.put(`failed:${key}`, { letter, reason: `${attempts} attempts: ${failure.message}` });
    return true;
  });
}

/** Does one job while a timer renews its lease. Returns false if there was no job to take. */
async function workOnce(send: (letter: string, signal: AbortSignal) => Promise<void>): Promise<boolean> {
  const job = await take();
  if (job === undefined) return false;
  const lost = new AbortController();
  const stop = (reason: unknown) => lost.abort(reason);
  const renewal = setInterval(() => {
    renew(job).then((isMine) => isMine || stop(new Error('the lease expired')), stop);
  }, LEASE_MS / 4);
  let failure: Error | undefined;
  try {
    await send(job.letter, lost.signal);
  } catch (error) {
    failure = error as Error;
  } finally {
    clearInterval(renewal);
  }
  await finish(job, failure);
  return true;
}

async function hasJobs(): Promise<boolean> {
  for await (const _ of store.entries({ prefix: 'job:', limit: 1 })) return true;
  return false;
}

const sent = new Set<string>();
async function sendLetter(letter: string, signal: AbortSignal): Promise<void> {
  // One letter takes three times as long as the idle timeout of transactions.
  await pause(letter === 'long letter' ? 300 : 1, undefined, { signal });
  if (letter === 'letter to nobody') throw new Error('there is no such address');
  sent.add(letter);
}

for (let n = 1; n <= 40; n++) await submit(`letter ${n}`, 2);
await submit('urgent letter', 1);
await submit('long letter', 1);
await submit('letter to nobody', 1);

// This worker takes the first job, the urgent letter, and dies. Its lease expires, and another worker sends
// the letter.
const abandoned = await take();

let isOpen = true;
const workers = Array.from({ length: 4 }, async () => {
  while (isOpen) if (!(await workOnce(sendLetter))) await pause(POLL_MS);
});
while (await hasJobs()) await pause(POLL_MS);
isOpen = false;
await Promise.all(workers);

console.log(`${sent.size} letters sent, including the ${abandoned?.letter} that the dead worker had taken`);
for await (const [, { letter, reason }] of store.entries({ prefix: 'failed:' }))
  console.log(letter, '-', reason);
if (sent.size !== 42) throw new Error('All 42 letters must be sent, but some are missing.');
