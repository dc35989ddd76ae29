/** Commits to the directory in its first argument, and prints a line before and after each commit. */
import { writeSync } from 'node:fs';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

const [path = ''] = process.argv.slice(2);
const store = new MemStore({ journal: lmdbJournal({ path }) });
await store.has('anything');
for (let number = 0; number < 5; number++) {
  writeSync(1, `${JSON.stringify({ committing: number })}\n`);
  await store.putMany([
    ['a', number],
    [`own ${number}`, 'x'.repeat(number * 2_000)],
  ]);
  writeSync(1, `${JSON.stringify({ committed: number })}\n`);
}
await store.close();
