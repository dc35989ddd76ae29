import { addTo } from '../arguments/add-to.ts';
import { checkStorableKey } from '../arguments/check-keys.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { UpdateTtl } from '../contract/direct-operations.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { Word } from '../protocol/request-writer.ts';
import type { RequestLimits } from './greeting.ts';
import { boundWords, FIRST_KEY, putWords } from './request-words.ts';

/**
 * Returns the words of a request that adds a number to the number under a key.
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE
 */
export function incrementWords(
  codec: ValueCodec,
  key: string,
  by: number | bigint,
  ttl: UpdateTtl | undefined,
): Word[] {
  checkStorableKey(key);
  // Reject a number here if it is invalid for every stored value.
  addTo(key, undefined, by);
  const words: Word[] = ['INCREMENT', key, codec.encode(by)];
  if (ttl !== undefined) words.push(ttl.isInitial ? 'INITIALTTL' : 'TTL', ttl.ttlMs);
  return words;
}

/**
 * Returns the words of a request that puts a value under an absent key.
 * @param limits undefined while there is no connection
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, LIMIT_EXCEEDED
 */
export function putIfAbsentWords(
  codec: ValueCodec,
  limits: RequestLimits | undefined,
  key: string,
  value: unknown,
  ttlMs: number | undefined,
): Word[] {
  const words: Word[] = [
    'PUTIFABSENT',
    ...putWords(codec, limits, [[key, value]], undefined).slice(FIRST_KEY),
  ];
  if (ttlMs !== undefined) words.push('TTL', ttlMs);
  return words;
}

/**
 * Returns the words of a request that deletes a range.
 * @throws {MemStoreError} INVALID_KEY for a bound with a lone surrogate, which UTF-8 cannot encode
 */
export function clearWords(range: RangeBounds): Word[] {
  return ['CLEAR', ...boundWords(range)];
}
