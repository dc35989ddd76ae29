// Measures the real heap size of a store that `lru({ maxSize })` or `memstore serve --max-memory` limits. The
// limit applies to the estimated size of keys and values, and the bookkeeping of the store is extra.
//   node --expose-gc --import tsx bench/max-memory.ts
import { lru, MemStore } from '../src/index.ts';

const { gc } = globalThis;
if (gc === undefined) throw new Error('Run it with node --expose-gc.');

const MIB = 1024 ** 2;
const maxSize = 16 * MIB;

const shapes: readonly { readonly name: string; make(index: number): unknown }[] = [
  { name: 'a number', make: (index) => index },
  { name: 'text of 100 bytes', make: (index) => String(index).padEnd(100, 'x') },
  { name: 'text of 1,000 bytes', make: (index) => String(index).padEnd(1_000, 'x') },
  { name: 'text of 10,000 bytes', make: (index) => String(index).padEnd(10_000, 'x') },
  {
    name: 'an object of 3 fields',
    make: (index) => ({ id: index, name: `user ${index}`, tags: ['a', 'b'] }),
  },
];

function usedBytes(collect: () => void): number {
  // Collect twice, because objects that the first collection frees may have kept others alive until then.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

console.log(`maxSize ${maxSize / MIB} MB, filled until half of the entries are evicted`);
console.log(
  `${'values'.padEnd(24)} ${'entries'.padStart(9)} ${'estimate MB'.padStart(12)} ${'heap MB'.padStart(8)}  ratio`,
);

/** Fills a new store. Returns its number of entries, its estimated size and its heap size. */
async function measure(
  make: (index: number) => unknown,
  collect: () => void,
): Promise<[entries: number, estimate: number, heap: number]> {
  const before = usedBytes(collect);
  const store = new MemStore({ cache: lru({ maxSize }) });
  let index = 0;
  // Evict as many entries as stay, so that the store is in its steady state.
  for (let stats = store.stats(); stats.evictions <= stats.entries; stats = store.stats())
    for (const end = index + 1_000; index < end; index++) await store.put(`key:${index}`, make(index));
  const { entries, cacheSize } = store.stats();
  const heap = usedBytes(collect) - before;
  await store.close();
  return [entries, cacheSize, heap];
}

// The first round compiles the code for the others.
await measure((index) => index, gc);
for (const { name, make } of shapes) {
  const [entries, estimate, heap] = await measure(make, gc);
  console.log(
    `${name.padEnd(24)} ${String(entries).padStart(9)} ${(estimate / MIB).toFixed(1).padStart(12)} ` +
      `${(heap / MIB).toFixed(1).padStart(8)}  ${(heap / estimate).toFixed(2)}`,
  );
}
