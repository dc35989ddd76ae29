import { createHash } from 'node:crypto';
import { codeUnitBytes, fromCodeUnitBytes } from '../../codecs/code-unit-bytes.ts';

// LMDB refuses a key without bytes, and the journal's own records need a place: every key has a byte in
// front.
const HEAD = '\x01';
const DIGEST_LENGTH = 32;
/**
 * The longest key that LMDB takes with pages of 4096 bytes, which are what it makes everywhere by default.
 */
const LONGEST = 1978;
const LONGEST_WHOLE = LONGEST - DIGEST_LENGTH;

/** Where the entries begin; what the journal writes about itself comes before. */
export const FIRST_ENTRY: Buffer = codeUnitBytes(HEAD);

/**
 * The bytes under which LMDB keeps the entry of a key. Their order is the order of the keys.
 *
 * A key that is too long for LMDB has the beginning of its bytes and a digest of all of them instead. Such
 * keys stand among the others where they belong, but in no certain order among those that begin alike.
 */
export function keyBytes(key: string): Buffer {
  const bytes = codeUnitBytes(`${HEAD}${key}`);
  if (bytes.length < LONGEST_WHOLE) return bytes;
  const digest = createHash('sha256').update(bytes).digest();
  return Buffer.concat([bytes.subarray(0, LONGEST_WHOLE), digest]);
}

/** True for the bytes of a key that is not in them whole. */
export function isShortened(bytes: Uint8Array): boolean {
  return bytes.length === LONGEST;
}

/** The key. REQUIRES: it is in the bytes whole. */
export function keyOf(bytes: Uint8Array): string {
  return fromCodeUnitBytes(bytes).slice(HEAD.length);
}
