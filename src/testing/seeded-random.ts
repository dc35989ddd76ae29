/**
 * Returns a generator of numbers in [0, 1). The same seed gives the same numbers, so a test that prints its
 * seed can be repeated. The algorithm is mulberry32 (Tommy Ettinger).
 * @example
 * const random = seededRandom(42);
 * const store = new MemStore({ random });
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
