const { gc } = globalThis;

/**
 * Collects all garbage.
 * @throws {Error} if Node was not started with --expose-gc
 */
export function collectGarbage(): void {
  if (gc === undefined) throw new Error('Run node with --expose-gc.');
  // Objects that the first collection frees may have kept others alive until then.
  for (let round = 0; round < 3; round++) gc();
}

/** Returns the bytes of the heap and of buffers outside it, after a garbage collection. */
export function usedBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
