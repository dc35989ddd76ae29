const MAX_BYTES = 16;
const FIRST_BEYOND_ASCII = 0x80;

/** Accepts undefined codes, because the compiler cannot see that the indexes are in range. */
const of = String.fromCharCode as (...codes: readonly (number | undefined)[]) => string;

/**
 * Returns the text of up to 16 ASCII bytes, or `undefined` for other input. Most keys and many values are
 * such text. Decoding it with `Buffer.toString` takes at least twice as long.
 */
export function shortText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > MAX_BYTES) return undefined;
  let all = 0;
  for (let position = start; position < end; position++) all |= bytes[position] as number;
  return all < FIRST_BEYOND_ASCII ? asciiText(bytes, start, end - start) : undefined;
}

/**
 * Passes the codes as separate arguments, because spreading an array is slower than `Buffer.toString`.
 * REQUIRES: `length` is at most `MAX_BYTES`, the last case.
 */
// biome-ignore format: a line for each length can be compared with the one above it.
function asciiText(b: Uint8Array, i: number, length: number): string {
  switch (length) {
    case 0: return '';
    case 1: return of(b[i]);
    case 2: return of(b[i], b[i + 1]);
    case 3: return of(b[i], b[i + 1], b[i + 2]);
    case 4: return of(b[i], b[i + 1], b[i + 2], b[i + 3]);
    case 5: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4]);
    case 6: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5]);
    case 7: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6]);
    case 8: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7]);
    case 9: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8]);
    case 10: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9]);
    case 11: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10]);
    case 12: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10], b[i + 11]);
    case 13: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10], b[i + 11], b[i + 12]);
    case 14: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13]);
    case 15: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14]);
    default: return of(b[i], b[i + 1], b[i + 2], b[i + 3], b[i + 4], b[i + 5], b[i + 6], b[i + 7], b[i + 8],
      b[i + 9], b[i + 10], b[i + 11], b[i + 12], b[i + 13], b[i + 14], b[i + 15]);
  }
}
