// Compares the estimate that `lru({ maxSize })` measures with by default with what values really take.
//   node --expose-gc --import tsx bench/size-of.ts
// The measured column is what test/cache/sized-shapes.ts records.
import { estimateSize } from '../src/codecs/values/estimate-size.ts';
import { SIZED_SHAPES } from '../test/cache/sized-shapes.ts';

const { gc } = globalThis;
if (gc === undefined) throw new Error('run it with node --expose-gc');

function usedBytes(collect: () => void): number {
  // Twice, since what a first collection lets go of may hold on to more.
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
  // The first round creates the hidden classes and the compiled code, which are not part of any value.
  measure(make, 2000, gc);
  const measured = measure(make, 10_000, gc);
  const estimate = estimateSize(structuredClone(make(5000)), '') - estimateSize(0, '');
  const ratio = measured < 1 ? '' : (estimate / measured).toFixed(2);
  console.log(
    `${name.padEnd(24)} ${measured.toFixed(0).padStart(9)} ${String(estimate).padStart(9)}  ${ratio}`,
  );
}
