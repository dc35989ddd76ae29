const { gc } = globalThis;

/** @throws when node was not started with --expose-gc */
export function collectGarbage(): void {
  if (gc === undefined) throw new Error('run node with --expose-gc');
  // What a first collection lets go of may hold on to more.
  for (let round = 0; round < 3; round++) gc();
}

/** What the heap and the buffers outside it take, once nothing is left to collect. */
export function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
