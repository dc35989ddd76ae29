import { MemStore } from 'memstore-tx';

// Opens feeds of keys, prefixes and everything, begins each, and drops it. Prints what is left as JSON. The
// process must then end by itself, although one feed still waits.

const COUNT = Number(process.argv[2]);
const AT_ONCE = 10_000;

const store = new MemStore<Record<string, number>>();
const { signal } = new AbortController();

async function abandon(from: number): Promise<void> {
  for (let number = from; number < from + AT_ONCE; number++) {
    const kind = number % 3;
    if (kind === 0) await store.watch(`key:${number}`, { initial: true }).next();
    else if (kind === 1) await store.watch({ prefix: `prefix:${number}:` }, { signal }).next();
    else await store.watch({}, { mode: 'latest' }).next();
  }
}

async function collect(): Promise<void> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

await abandon(0);
await collect();
const before = process.memoryUsage().heapUsed;
for (let from = 0; from < COUNT; from += AT_ONCE) {
  await abandon(from);
  await store.put('key', from);
  await collect();
}
const bytes = process.memoryUsage().heapUsed - before;
console.log(JSON.stringify({ feeds: store.stats().changeFeeds, bytesPerFeed: bytes / COUNT }));
void store.watch().next();
