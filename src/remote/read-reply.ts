import { MemStoreError } from '../contract/errors.ts';
import type { RawReply } from '../protocol/reply-parser.ts';
import { textOf } from '../protocol/utf8.ts';
import type { Link } from './link.ts';

/** Returns the stored value in a reply, or `undefined` for an absent key. */
export function storedValue(reply: RawReply, { codec }: Link): unknown {
  if (reply === null) return undefined;
  if (reply instanceof Uint8Array) return codec.decode(reply);
  throw unexpected('a value');
}

/** Returns the stored values in a reply, with `undefined` for each absent key. */
export function storedValues(reply: RawReply, link: Link): unknown[] {
  if (!Array.isArray(reply)) throw unexpected('values');
  return reply.map((item) => storedValue(item, link));
}

/** Returns the key and the value of one row of a scan. */
export function storedEntry([key, value]: readonly RawReply[], link: Link): [key: string, value: unknown] {
  return [String(key), storedValue(value ?? null, link)];
}

/** Returns the integer in a reply, such as an id or a count. */
export function numberOf(reply: RawReply): number {
  if (typeof reply !== 'number' || !Number.isSafeInteger(reply)) throw unexpected('an integer');
  return reply;
}

/** Returns the remaining TTL in milliseconds, or `undefined` if the entry is absent or never expires. */
export function ttlOf(reply: RawReply): number | undefined {
  if (typeof reply !== 'number') throw unexpected('a time to live');
  return reply < 0 || reply === Number.POSITIVE_INFINITY ? undefined : reply;
}

/** Returns whether the count in a reply is positive. */
export function booleanOf(reply: RawReply): boolean {
  return numberOf(reply) > 0;
}

/** Returns the `name:value` lines of a reply to `INFO` as an object. */
export function infoIn(reply: RawReply): Readonly<Record<string, string>> {
  const text = reply instanceof Uint8Array ? textOf(reply) : undefined;
  if (text === undefined) throw unexpected('text');
  const lines = text.matchAll(/^([^#:\r\n]+):([^\r\n]*)/gm);
  return Object.fromEntries(Array.from(lines, ([, name = '', value = '']) => [name, value]));
}

function unexpected(what: string): MemStoreError {
  return new MemStoreError('PROTOCOL', `The server's reply must be ${what}, but it is something else.`);
}
