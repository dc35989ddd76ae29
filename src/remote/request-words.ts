import { checkPairs, checkStorableKey } from '../arguments/check-keys.ts';
import type { WatchRequest } from '../arguments/watch-options.ts';
import type { ValueCodec } from '../codecs/value-codec.ts';
import type { ResyncReason } from '../contract/changes.ts';
import { MemStoreError } from '../contract/errors.ts';
import type { RangeBounds } from '../contract/key-range.ts';
import type { RangeOptions } from '../contract/options.ts';
import type { Word } from '../protocol/request-writer.ts';
import type { RequestLimits } from './greeting.ts';
import type { Link } from './link.ts';

/** Stands for a request without keys. It is not sent, and its reply is an empty list. */
export const NOTHING: readonly Word[] = [];

/** The index of the first key among the words of a put, after the verb and the TTL. */
export const FIRST_KEY = 2;

/**
 * Checks the entries, encodes their values and returns the words of a request that puts them.
 * @param limits undefined while there is no connection; the caller must call `checkPutWords` once there is a
 * connection
 * @throws {MemStoreError} INVALID_KEY, INVALID_VALUE, INVALID_OPTION, LIMIT_EXCEEDED
 */
export function putWords(
  codec: ValueCodec,
  limits: RequestLimits | undefined,
  entries: unknown,
  ttl: number | undefined,
): Word[] {
  const words: Word[] = ['PUTMANY', ttl ?? '-'];
  let bytes = 0;
  for (const [key, value] of checkPairs(entries)) {
    checkStorableKey(key);
    const encoded = codec.encode(value);
    bytes += 3 * key.length + encoded.length;
    words.push(key, encoded);
    // Check each entry while iterating, so that an endless iterable ends with an error.
    if (limits !== undefined) checkPut(limits, encoded.length, words.length, bytes);
  }
  return words;
}

/**
 * Checks the limits for words that `putWords` returned while there was no connection.
 * @throws {MemStoreError} LIMIT_EXCEEDED
 */
export function checkPutWords(limits: RequestLimits, words: readonly Word[]): void {
  let bytes = 0;
  for (let at = FIRST_KEY; at < words.length; at += 2) {
    const [key, encoded] = [words[at] as string, words[at + 1] as string | Uint8Array];
    bytes += 3 * key.length + encoded.length;
    checkPut(limits, encoded.length, words.length, bytes);
  }
}

function checkPut(limits: RequestLimits, valueBytes: number, words: number, bytes: number): void {
  checkLimit('The value', valueBytes, limits.maxValueBytes, 'bytes');
  // The added 8 words and 256 bytes are room for the prefixes and the tag of the request.
  checkLimit('The request', words + 8, limits.maxArguments, 'words');
  checkLimit('The request', bytes + 256, limits.maxRequestBytes, 'bytes');
}

/**
 * Checks one limit of the server, which would close the connection on a larger request.
 * @throws {MemStoreError} LIMIT_EXCEEDED
 */
function checkLimit(what: string, size: number, limit: number, unit: string): void {
  if (size > limit)
    throw new MemStoreError(
      'LIMIT_EXCEEDED',
      `${what} has ${size} ${unit}; the server takes at most ${limit}.`,
    );
}

/**
 * Returns the words of a request for one key.
 * @throws {MemStoreError} INVALID_KEY
 */
export function keyWords(verb: string, key: string): Word[] {
  checkStorableKey(key);
  return [verb, key];
}

/**
 * Returns the words of a request for many keys, or `NOTHING` if there are none.
 * @throws {MemStoreError} INVALID_KEY, LIMIT_EXCEEDED
 */
export function keysWords(link: Link, verb: string, keys: readonly string[]): readonly Word[] {
  if (keys.length === 0) return NOTHING;
  keys.forEach(checkStorableKey);
  checkLimit('The request', keys.length + 8, link.limits.maxArguments, 'words');
  return [verb, ...keys];
}

/**
 * Returns the words of a request for the entries of a range.
 * @throws {MemStoreError} INVALID_KEY for a bound with a lone surrogate, which UTF-8 cannot encode
 */
export function rangeWords(range: RangeOptions): Word[] {
  const words: Word[] = ['ENTRIES', ...boundWords(range)];
  if (range.reverse) words.push('REVERSE');
  // A limit above the largest safe integer means no limit.
  if (range.limit !== undefined && range.limit <= Number.MAX_SAFE_INTEGER) words.push('LIMIT', range.limit);
  if (range.forUpdate) words.push('FORUPDATE');
  if (range.skipLocked) words.push('SKIPLOCKED');
  return words;
}

/**
 * Returns the words of the bounds of a range.
 * @throws {MemStoreError} INVALID_KEY for a bound with a lone surrogate, which UTF-8 cannot encode
 */
export function boundWords(range: RangeBounds): Word[] {
  const words: Word[] = [];
  for (const bound of ['gt', 'gte', 'lt', 'lte', 'prefix'] as const) {
    const key = range[bound];
    if (key === undefined) continue;
    checkStorableKey(key);
    words.push(bound.toUpperCase(), key);
  }
  return words;
}

/**
 * How a feed starts on the server: for the first time, after the last received revision, or anew because
 * changes were lost.
 */
export type FeedStart =
  | { readonly kind: 'first' }
  | { readonly kind: 'resume'; readonly revision: string }
  | { readonly kind: 'gap'; readonly reason: ResyncReason };

/**
 * Returns the words of a request that opens a feed.
 * @throws {MemStoreError} INVALID_KEY
 */
export function feedWords(request: WatchRequest, start: FeedStart): Word[] {
  const { range, initial, since, mode, values, maxBuffered, maxBufferedBytes } = request;
  const words: Word[] = [
    'CHANGES',
    ...(typeof range === 'string' ? keyWords('KEY', range) : boundWords(range)),
  ];
  if (start.kind === 'resume') words.push('SINCE', start.revision);
  else if (initial) words.push('INITIAL');
  else if (since !== undefined && start.kind === 'first') words.push('SINCE', since);
  if (mode !== 'all') words.push('MODE', mode);
  if (values !== 'new') words.push('VALUES', values);
  words.push('MAXBUFFERED', maxBuffered, 'MAXBUFFEREDBYTES', maxBufferedBytes);
  return words;
}

/** The arguments of a `BEGIN`. */
export interface BeginRequest {
  readonly readOnly?: boolean | undefined;
  /** The id that the server reserved for the transaction. */
  readonly id?: number | undefined;
  readonly age?: number | undefined;
  readonly idleTimeout?: number | undefined;
}

/** Returns the words of a request that begins a transaction. */
export function beginWords({ readOnly, id, age, idleTimeout }: BeginRequest): Word[] {
  const words: Word[] = ['BEGIN'];
  if (readOnly) words.push('READONLY');
  if (id !== undefined) words.push('ID', id);
  if (age !== undefined) words.push('AGE', age);
  if (idleTimeout !== undefined) words.push('IDLETIMEOUT', idleTimeout);
  return words;
}
