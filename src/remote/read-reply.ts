import { MemStoreError } from '../contract/errors.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import { textOf } from '../protocol/utf8.ts';
import type { Link } from './link.ts';

/** Returns a stored value, or `undefined` for an absent key. */
export function storedValue(reply: RawReply, { codec }: Link): unknown {
  if (reply === null) return undefined;
  if (reply instanceof Uint8Array) return codec.decode(reply);
  throw unexpected('a value');
}

/** Returns stored values, `undefined` for each absent key. */
export function storedValues(reply: RawReply, link: Link): unknown[] {
  if (!Array.isArray(reply)) throw unexpected('values');
  return reply.map((item) => storedValue(item, link));
}

/** Returns one row of a scan. */
export function storedEntry([key, value]: readonly RawReply[], link: Link): [key: string, value: unknown] {
  return [String(key), storedValue(value ?? null, link)];
}

/** Returns an id or a count, which is exact. */
export function numberOf(reply: RawReply): number {
  if (typeof reply !== 'number' || !Number.isSafeInteger(reply)) throw unexpected('an integer');
  return reply;
}

/** Returns the remaining TTL in milliseconds, or undefined if the entry lives for ever or does not exist. */
export function ttlOf(reply: RawReply): number | undefined {
  if (typeof reply !== 'number') throw unexpected('a time to live');
  return reply < 0 || reply === Number.POSITIVE_INFINITY ? undefined : reply;
}

/** Returns whether a count is positive. */
export function booleanOf(reply: RawReply): boolean {
  return numberOf(reply) > 0;
}

/** Parses the lines `name:value` of an answer to `INFO`. */
export function infoIn(reply: RawReply): Readonly<Record<string, string>> {
  const text = reply instanceof Uint8Array ? textOf(reply) : undefined;
  if (text === undefined) throw unexpected('a text');
  const lines = text.matchAll(/^([^#:\r\n]+):([^\r\n]*)/gm);
  return Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

function unexpected(what: string): MemStoreError {
  return new MemStoreError('PROTOCOL', `The server was asked for ${what} and answered something else.`);
}
