// Compares the default size estimate of `lru({ maxSize })` with the real heap size of values.
//   node --expose-gc --import tsx bench/size-of.ts
// test/cache/sized-shapes.ts records the numbers in the measured column.
import { estimateSize } from '../src/codecs/values/estimate-size.ts';
import { SIZED_SHAPES } from '../test/cache/sized-shapes.ts';

const { gc } = globalThis;
if (gc === undefined) throw new Error('Run it with node --expose-gc.');

function usedBytes(collect: () => void): number {
  // Collect twice, because objects that the first collection frees may have kept others alive until then.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function measure(make: (index: number) => unknown, count: number, collect: () => void): number {
  const values: unknown[] = new Array(count).fill(null);
  const before = usedBytes(collect);
  for (let index = 0; index < count; index++) values[index] = structuredClone(make(index));
  const used = usedBytes(collect) - before;
  return values.length === count ? used / count : Number.NaN;
}

console.log(`${'shape'.padEnd(24)} ${'measured'.padStart(9)} ${'estimate'.padStart(9)}  ratio`);
for (const { name, make } of SIZED_SHAPES) {
  // The first round creates hidden classes and compiled code, which do not belong to any value.
  measure(make, 2000, gc);
  const measured = measure(make, 10_000, gc);
  const estimate = estimateSize(structuredClone(make(5000)), '') - estimateSize(0, '');
  const ratio = measured < 1 ? '' : (estimate / measured).toFixed(2);
  console.log(
    `${name.padEnd(24)} ${measured.toFixed(0).padStart(9)} ${String(estimate).padStart(9)}  ${ratio}`,
  );
}
