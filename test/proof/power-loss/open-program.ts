/**
 * Opens the journal of each directory that a line of standard input names. Answers with a line that has the
 * entries or the error.
 */
import { createInterface } from 'node:readline';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

for await (const path of createInterface({ input: process.stdin })) {
  const store = new MemStore({ journal: lmdbJournal({ path }) });
  let answer: unknown;
  try {
    const entries: unknown[] = [];
    for await (const entry of store.entries()) entries.push(entry);
    // After a power loss, the journal must still accept a commit.
    await store.put('after', 'power');
    answer = { entries };
  } catch (error) {
    answer = { error: String(error) };
  }
  await store.close();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
