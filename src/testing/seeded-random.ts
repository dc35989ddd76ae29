/**
 * Numbers from 0 up to but not including 1, the same ones for the same seed: a failure that prints its seed
 * can be run again. (The generator is Tommy Ettinger's mulberry32: small, fast, and good enough for tests.)
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
