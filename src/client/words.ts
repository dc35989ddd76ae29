import { checkPairs, checkStorableKey } from '../check-arguments.ts';
import { MemStoreError } from '../errors.ts';
import type { RangeOptions } from '../store.ts';
import type { Word } from '../wire/request-writer.ts';
import type { Link } from './link.ts';

/**
 * The words that put these entries, checked, their values written as they are now.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function putWords(link: Link, entries: unknown, ttl: number | undefined): Word[] {
  const words: Word[] = ['PUTMANY', ttl ?? '-'];
  let bytes = 0;
  for (const [key, value] of checkPairs(entries)) {
    checkStorableKey(key);
    const encoded = link.codec.encode(value);
    checkLimit('The value', encoded.length, link.limits.maxValueBytes, 'bytes');
    bytes += 3 * key.length + encoded.length;
    words.push(key, encoded);
    // Said now, so that an iterable without an end is not read for ever. Prefixes and tag come on top.
    checkLimit('The request', words.length + 8, link.limits.maxArguments, 'words');
    checkLimit('The request', bytes + 256, link.limits.maxRequestBytes, 'bytes');
  }
  return words;
}

/** @throws {MemStoreError} LIMIT_EXCEEDED: what is larger would cost the connection */
function checkLimit(what: string, size: number, limit: number, unit: string): void {
  if (size > limit)
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `${what} has ${size} ${unit}; the server takes at most ${limit}.`,
    );
}

/** @throws {MemStoreError} INVALID_KEY */
export function keyWords(verb: string, key: string): Word[] {
  checkStorableKey(key);
  return [verb, key];
}

/** @throws {MemStoreError} INVALID_KEY, LIMIT_EXCEEDED */
export function keysWords(link: Link, verb: string, keys: readonly string[]): Word[] {
  keys.forEach(checkStorableKey);
  checkLimit('The request', keys.length + 8, link.limits.maxArguments, 'words');
  return [verb, ...keys];
}

/** @throws {MemStoreError} INVALID_KEY for a bound with a lone surrogate, which has no UTF-8 */
export function rangeWords(range: RangeOptions): Word[] {
  const words: Word[] = ['ENTRIES'];
  for (const bound of ['gt', 'gte', 'lt', 'lte', 'prefix'] as const) {
    const key = range[bound];
    if (key === undefined) continue;
    checkStorableKey(key);
    words.push(bound.toUpperCase(), key);
  }
  if (range.reverse) words.push('REVERSE');
  if (range.limit !== undefined && range.limit !== Number.POSITIVE_INFINITY) words.push('LIMIT', range.limit);
  if (range.forUpdate) words.push('FORUPDATE');
  if (range.skipLocked) words.push('SKIPLOCKED');
  return words;
}
