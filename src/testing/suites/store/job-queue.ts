import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect, collectKeys } from './collect.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

const NOWAIT = { lockTimeout: 0 };
const TAKE = { prefix: 'job:', forUpdate: true, skipLocked: true, ...NOWAIT } as const;

async function fill(store: AnyStore, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, index) => `job:${String(index).padStart(3, '0')}`);
  await store.putMany(keys.map((key) => [key, key] as const));
  return keys;
}

export const jobQueue: StoreCases = {
  'workers that skip locked jobs never get the same job': async (store) => {
    const keys = await fill(store, 4);
    const workers = [await store.begin(), await store.begin(), await store.begin()];
    const taken = [];
    for (const worker of workers) taken.push(...(await collectKeys(worker.entries({ ...TAKE, limit: 1 }))));
    assertEqual(taken, keys.slice(0, 3), 'each takes the first that is free');
  },

  'a limit counts only jobs that are not skipped': async (store) => {
    const keys = await fill(store, 6);
    const holder = await store.begin();
    await holder.getForUpdate(keys[0] ?? '');
    await holder.get(keys[2] ?? '');
    const worker = await store.begin();
    const free = [keys[1], keys[3], keys[4], keys[5]];
    assertEqual(await collectKeys(worker.entries({ ...TAKE, limit: 3 })), free.slice(0, 3), 'three');
    assertEqual(await collectKeys(worker.entries(TAKE)), free, 'all, its own among them');
    assertEqual(
      await collectKeys(worker.entries({ ...TAKE, limit: 2, reverse: true })),
      [keys[5], keys[4]],
      'reverse',
    );
  },

  'a worker locks the jobs it takes, but not the queue': async (store) => {
    const keys = await fill(store, 2);
    const worker = await store.begin();
    assertEqual(await collectKeys(worker.entries({ ...TAKE, limit: 1 })), keys.slice(0, 1), 'taken');
    const other = await store.begin(NOWAIT);
    await assertRejects(other.get(keys[0] ?? ''), 'LOCK_UNAVAILABLE');
    await other.put('job:new', 1);
    await other.put(keys[1] ?? '', 'changed');
    await other.commit();
  },

  'a worker skips a job that another transaction puts, and one that it has deleted': async (store) => {
    const keys = await fill(store, 3);
    const producer = await store.begin();
    await producer.put('job:new', 1);
    const worker = await store.begin();
    await worker.del(keys[1] ?? '');
    await worker.put('job:own', 'own');
    assertEqual(await collectKeys(worker.entries(TAKE)), [keys[0], keys[2], 'job:own'], 'the jobs it gets');
  },

  'several workers empty a queue and do each job once': async (store) => {
    await fill(store, 60);
    const done: string[] = [];
    const takeOne = (): Promise<string | undefined> =>
      store.transaction(async (tx) => {
        for await (const [key] of tx.entries({ ...TAKE, limit: 1 })) {
          await tx.del(key);
          return key;
        }
        return undefined;
      });
    // A worker that finds no free job stops. The other workers do the remaining jobs.
    const work = async (): Promise<void> => {
      for (let key = await takeOne(); key !== undefined; key = await takeOne()) done.push(key);
    };
    await Promise.all([work(), work(), work(), work()]);
    assertEqual(new Set(done).size, 60, 'different jobs done');
    assert(done.length === 60, 'no job is done twice');
    assertEqual(await collect(store.entries()), [], 'nothing is left');
  },
};
