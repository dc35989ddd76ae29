/**
 * The process that the test kills. Its workers commit as fast as they can, and report every acknowledged
 * commit to the parent. The arguments are the directory, the seed and the durability. An optional fourth
 * argument is the number of commits after which each worker ends.
 */
import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { seededRandom } from 'memstore-tx/testing';
import { counterKey, numberKey, plannedWrites, WORKERS } from './load.ts';

const [path = '', seed = '', durability = 'commit', commits = 'Infinity'] = process.argv.slice(2);
const store = new MemStore({
  journal: lmdbJournal({ path, durability: durability as 'commit' | 'relaxed' }),
});

const limit = Number(commits);
const random = seededRandom(Number(seed));
/** The maximum pause of a worker between two commits, in turns of the event loop. */
const MAX_TURNS = 400;

async function work(worker: number): Promise<void> {
  for (let number = ((await store.get(numberKey(worker))) as number | undefined) ?? 0; number < limit; ) {
    number++;
    // Because of the pauses, some commits are written alone and some in groups.
    if (Number.isFinite(limit)) for (let left = random() * MAX_TURNS; left > 1; left--) await nextTurn();
    await store.transaction(async (tx) => {
      const count = ((await tx.getForUpdate(counterKey(worker))) as number | undefined) ?? 0;
      await tx.put(counterKey(worker), count + 1);
      for (const { key, value } of plannedWrites(Number(seed), worker, number))
        await (value === undefined ? tx.del(key) : tx.put(key, value));
      await tx.put(numberKey(worker), number);
    });
    // The write is synchronous. So each line that the parent reads reports a commit that was acknowledged
    // before the process was killed.
    writeSync(1, `${worker} ${number}\n`);
  }
}

await store.has('ready');
writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
await store.close();
