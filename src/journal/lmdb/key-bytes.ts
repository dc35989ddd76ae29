import { createHash } from 'node:crypto';
import { codeUnitBytes, fromCodeUnitBytes } from '../../codecs/code-unit-bytes.ts';

// Every key starts with this byte. LMDB refuses empty keys, and the journal's own records need keys that no
// entry has.
const HEAD = '\x01';
const DIGEST_LENGTH = 32;
/** The longest key that LMDB accepts with pages of 4096 bytes, its default page size on all platforms. */
const LONGEST = 1978;
const LONGEST_WHOLE = LONGEST - DIGEST_LENGTH;

/** The first possible key of an entry. The journal's own records have smaller keys. */
export const FIRST_ENTRY: Buffer = codeUnitBytes(HEAD);

/**
 * Returns the LMDB key of the entry with this key. The bytes sort like the keys.
 *
 * If the key is too long for LMDB, the LMDB key is the start of its bytes and a digest of all of them. Such
 * keys sort correctly among other keys, but not among keys with the same start.
 */
export function keyBytes(key: string): Buffer {
  const bytes = codeUnitBytes(`${HEAD}${key}`);
  if (bytes.length < LONGEST_WHOLE) return bytes;
  const digest = createHash('sha256').update(bytes).digest();
  return Buffer.concat([bytes.subarray(0, LONGEST_WHOLE), digest]);
}

/** Returns whether an LMDB key contains only the start of the key of its entry. */
export function isShortened(bytes: Uint8Array): boolean {
  return bytes.length === LONGEST;
}

/** Returns the key of the entry. REQUIRES: the LMDB key is not shortened. */
export function keyOf(bytes: Uint8Array): string {
  return fromCodeUnitBytes(bytes).slice(HEAD.length);
}
