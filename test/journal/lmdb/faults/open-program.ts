/**
 * Opens the journal in the directory of its first argument, and prints the entries or the error. With `hold`
 * as the second argument it keeps the journal open.
 */
import { MemStore, MemStoreError } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

const [path = '', mode = ''] = process.argv.slice(2);
const store = new MemStore({ journal: lmdbJournal({ path }) });
try {
  const entries: unknown[] = [];
  for await (const entry of store.entries()) entries.push(entry);
  console.log(JSON.stringify({ pid: process.pid, entries }));
  if (mode === 'hold') for await (const _ of process.stdin);
} catch (error) {
  if (!(error instanceof MemStoreError)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
await store.close();
