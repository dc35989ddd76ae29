import { setImmediate as otherWork } from 'node:timers/promises';
import { MemStore, MemStoreError } from 'memstore-tx';
import { type Dice, dice } from './dice.ts';
import { count, type Report } from './report.ts';

type Jobs = {
  [waiting: `job:${string}`]: { readonly n: number };
  [finished: `done:${string}`]: { readonly worker: number };
};

const JOBS = 2_000;
const WORKERS = 12;
const ONE_IN_TEN = 10;
const IDLE_TIMEOUT_MS = 300;
// #region first free job
const FREE = { forUpdate: true, skipLocked: true, limit: 1 } as const;
// #endregion

interface Tally {
  crashes: number;
  /** The number of times that each job was finished, counted outside the store. */
  readonly finished: Map<string, number>;
}

class WorkerCrash extends Error {}

export async function jobQueue(report: Report): Promise<void> {
  report.chapter(
    'A job queue for many workers',
    `Each of ${WORKERS} workers takes the first job that no other worker has locked. One job in ten crashes its ` +
      'worker, and the rollback puts the job back into the queue. Two more workers take one job each and ' +
      'then vanish.',
  );
  report.code('job-queue.ts', 'first free job', 'do a job');
  await using store = new MemStore<Jobs>({ idleTimeout: IDLE_TIMEOUT_MS });
  await store.putMany(
    Array.from({ length: JOBS }, (_, n) => [`job:${String(n).padStart(5, '0')}`, { n }] as const),
  );
  let expired = 0;
  store.on('rollback', ({ cause }) => {
    if (cause.code === 'TRANSACTION_EXPIRED') expired++;
  });

  const taken = [await takeAndVanish(store), await takeAndVanish(store)];
  const startedMs = performance.now();
  const tally = await drain(store, report);
  const seconds = (performance.now() - startedMs) / 1_000;

  report.fact(
    'jobs done',
    tally.finished.size,
    `${count(Math.round(tally.finished.size / seconds))} a second`,
  );
  report.fact('workers that crashed', tally.crashes, 'the job is back in the queue');
  report.fact('workers that vanished', expired, `rolled back after ${IDLE_TIMEOUT_MS} ms idle`);
  report.fact('waits for a lock', store.stats().lockWaits);
  report.line();

  const times = [...tally.finished.values()];
  const { left, done } = await recount(store);
  report.check('the queue is empty', left === 0, `${left} left`);
  report.check(
    'every job was done exactly once',
    done === JOBS && times.length === JOBS && times.every((n) => n === 1),
  );
  report.check(
    'other workers did the jobs of the two that vanished',
    taken.every((job) => tally.finished.has(job)),
  );
  report.check('their transactions expired', expired >= taken.length, `${expired}`);
  report.check('some workers crashed', tally.crashes > 0);
  report.check('no worker ever waited for a lock', store.stats().lockWaits === 0);
}

/** Locks a job and does nothing more, like a process that dies. */
async function takeAndVanish(store: MemStore<Jobs>): Promise<string> {
  const tx = await store.begin();
  for await (const [job] of tx.entries({ prefix: 'job:', ...FREE })) return job;
  throw new Error('The queue must have jobs at the start.');
}

async function drain(store: MemStore<Jobs>, report: Report): Promise<Tally> {
  const tally: Tally = { crashes: 0, finished: new Map() };
  const random = dice(2);
  const progress = report.progress('jobs', JOBS);
  const worker = async (number: number): Promise<void> => {
    while (await hasJobs(store)) {
      const job = await doOneJob(store, number, random, tally);
      if (job === undefined) {
        await otherWork();
        continue;
      }
      tally.finished.set(job, (tally.finished.get(job) ?? 0) + 1);
      progress.increment();
    }
  };
  try {
    await Promise.all(Array.from({ length: WORKERS }, (_, number) => worker(number)));
  } finally {
    progress.stop();
  }
  return tally;
}

/** Does one job. Returns it, or undefined if no job was free or the worker crashed. */
async function doOneJob(
  store: MemStore<Jobs>,
  worker: number,
  random: Dice,
  tally: Tally,
): Promise<string | undefined> {
  try {
    return await store.transaction(async (tx) => {
      // #region do a job
      for await (const [job] of tx.entries({ prefix: 'job:', ...FREE })) {
        await otherWork();
        if (random(ONE_IN_TEN) === 0) throw new WorkerCrash();
        await tx.del(job);
        await tx.put(`done:${job}`, { worker });
        // #endregion
        return job;
      }
      return undefined;
    });
  } catch (error) {
    if (error instanceof WorkerCrash) tally.crashes++;
    // On a very busy machine a worker may exceed the idle timeout. Another worker does its job.
    else if (!(error instanceof MemStoreError && error.code === 'TRANSACTION_EXPIRED')) throw error;
    return undefined;
  }
}

async function hasJobs(store: MemStore<Jobs>): Promise<boolean> {
  for await (const _ of store.entries({ prefix: 'job:', limit: 1 })) return true;
  return false;
}

async function recount(store: MemStore<Jobs>): Promise<{ left: number; done: number }> {
  let [left, done] = [0, 0];
  for await (const [key] of store.entries()) key.startsWith('job:') ? left++ : done++;
  return { left, done };
}
