/**
 * Writes to the directory in its first argument until the disk is full. Then it prints the result of each
 * operation that it tries. It also prints the acknowledged keys, so that the test can look for these keys.
 */
import { MemStore, MemStoreError } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';

const [path = '', durability = 'commit'] = process.argv.slice(2);
const store = new MemStore<Record<string, string>>({
  journal: lmdbJournal({ path, durability: durability as 'commit' | 'relaxed' }),
});
process.on('unhandledRejection', (error) => {
  console.log(JSON.stringify({ unhandled: String(error) }));
  process.exit(1);
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    return error instanceof MemStoreError ? error.code : `other: ${error}`;
  }
}

const acknowledged: string[] = [];
let failed = '';
while (failed === '') {
  // Several commits run at the same time, so that they share a flush when it fails.
  const commits = Array.from({ length: 8 }, async (_, n) => {
    const key = `key:${acknowledged.length}:${n}`;
    const code = await codeOf(
      store.putMany([
        [key, 'x'.repeat(6_000)],
        [`${key}:too`, 'y'],
      ]),
    );
    if (code === 'done') acknowledged.push(key);
    else failed = code;
  });
  await Promise.all(commits);
}
const keys: string[] = [];
for await (const [key] of store.entries()) if (!key.endsWith(':too')) keys.push(key);
const large = await codeOf(store.put('large', 'x'.repeat(3_000_000)));
const isReadable = (await store.get(acknowledged[0] ?? ''))?.length === 6_000;
console.log(
  JSON.stringify({
    failed,
    large,
    isReadable,
    acknowledged: acknowledged.sort(),
    found: keys.sort(),
    hasLarge: await store.has('large'),
  }),
);
const closed = await codeOf(store.close());
console.log(JSON.stringify({ closed }));
