import type { ValueCodec } from '../codecs/value-codec.ts';
import { errorText, plainErrorText, toMemStoreError } from './error-reply.ts';
import { OutputBuffer } from './output-buffer.ts';
import type { Reply } from './reply.ts';
import { replyTooLarge } from './reply-too-large.ts';
import { wireInteger } from './wire-integer.ts';

/** How to write the replies of one connection. */
export interface RespStyle {
  readonly version: 2 | 3;
  readonly codec: ValueCodec;
  /**
   * True if requests are tagged. Replies then have the details of errors, and reports are encoded with the
   * codec.
   */
  readonly tagged: boolean;
  /** A reply that is larger than about this size becomes an error. */
  readonly maxReplyBytes: number;
}

/** The number of list items that are written in one turn. A longer list is written in parts. */
export const MAX_WRITTEN_AT_ONCE = 512;

const INTEGER = 0x3a;
const ARRAY = 0x2a;
const MAP = 0x25;
const PUSH = 0x3e;

/**
 * Writes a reply as RESP. If a value in it cannot be encoded, the whole reply becomes an error.
 * @throws {MemStoreError} INVALID_VALUE or LIMIT_EXCEEDED for a batch of a feed
 */
export function writeResp(output: OutputBuffer, reply: Reply, style: RespStyle): void {
  if (reply.kind === 'ok') {
    output.add('+OK\r\n');
    return;
  }
  const mark = output.length;
  const most = mark + style.maxReplyBytes;
  try {
    write(output, reply, style, most);
  } catch (thrown) {
    output.cut(mark);
    if (reply.kind === 'push') throw thrown;
    writeFailure(output, thrown, style, most);
  }
}

function writeFailure(output: OutputBuffer, thrown: unknown, style: RespStyle, most: number): void {
  write(output, { kind: 'error', error: toMemStoreError(thrown), ended: false }, style, most);
}

/** Writes a long list in parts. If an item cannot be encoded, the whole reply becomes an error. */
export class ListWriter {
  readonly output: OutputBuffer = new OutputBuffer();
  readonly #items: readonly Reply[];
  #next = 0;

  constructor(items: readonly Reply[]) {
    this.#items = items;
  }

  /** Writes the next part. Returns whether the reply is complete. */
  writePart(style: RespStyle): boolean {
    const { output } = this;
    const items = this.#items;
    try {
      if (this.#next === 0) writeListHeader(output, items, style, style.maxReplyBytes);
      const end = Math.min(this.#next + MAX_WRITTEN_AT_ONCE, items.length);
      while (this.#next < end) writeItem(output, items[this.#next++] as Reply, style, style.maxReplyBytes);
    } catch (thrown) {
      output.cut(0);
      writeFailure(output, thrown, style, style.maxReplyBytes);
      this.#next = items.length;
    }
    return this.#next === items.length;
  }
}

function writeListHeader(
  output: OutputBuffer,
  items: readonly Reply[],
  style: RespStyle,
  most: number,
): void {
  if (output.length + leastBytesOf(items) > most) throw replyTooLarge(style.maxReplyBytes);
  output.addNumber(ARRAY, items.length);
}

function writeItem(output: OutputBuffer, item: Reply, style: RespStyle, most: number): void {
  write(output, item, style, most);
  if (output.length > most) throw replyTooLarge(style.maxReplyBytes);
}

/** Writes the reply to a tagged request. */
export function writeTagged(output: OutputBuffer, tag: number, reply: Reply, style: RespStyle): void {
  writeTag(output, tag);
  writeResp(output, reply, style);
}

/** Writes the start of the reply to a tagged request. */
export function writeTag(output: OutputBuffer, tag: number): void {
  output.addNumber(ARRAY, 2);
  output.addNumber(INTEGER, tag);
}

/**
 * Writes a reply.
 * @throws {MemStoreError} INVALID_VALUE; LIMIT_EXCEEDED if the output exceeds about `most` bytes
 */
function write(output: OutputBuffer, reply: Reply, style: RespStyle, most: number): void {
  switch (reply.kind) {
    case 'ok':
      output.add('+OK\r\n');
      return;
    case 'status':
      output.add(`+${reply.text}\r\n`);
      return;
    case 'integer':
      writeInteger(output, reply.value);
      return;
    case 'transaction':
      writeInteger(output, reply.id);
      return;
    case 'value':
      if (reply.value === undefined) writeNull(output, style);
      else addValue(output, reply.encoded ?? style.codec.encode(reply.value), style, most);
      return;
    case 'text':
      output.addBulk(reply.text);
      return;
    case 'null':
      writeNull(output, style);
      return;
    case 'list':
      writeListHeader(output, reply.items, style, most);
      for (const item of reply.items) writeItem(output, item, style, most);
      return;
    case 'map':
      writeMapHeader(output, reply.entries.length, style);
      for (const [name, value] of reply.entries) {
        output.addBulk(name);
        write(output, value, style, most);
      }
      return;
    case 'push':
      output.addNumber(PUSH, 3);
      output.addBulk('changes');
      writeInteger(output, reply.feed);
      write(output, reply.reply, style, most);
      return;
    case 'data':
      if (style.tagged) addValue(output, style.codec.encode(reply.data), style, most);
      else writeData(output, reply.data, style);
      return;
    case 'error':
      output.add(`-${style.tagged ? errorText(reply.error, reply.ended) : redisErrorText(reply)}\r\n`);
      return;
  }
}

function redisErrorText({ error, redisText }: Extract<Reply, { readonly kind: 'error' }>): string {
  return redisText ?? plainErrorText(error);
}

/** Returns a lower bound for the size of a list, from the lengths of its strings. */
function leastBytesOf(items: readonly Reply[]): number {
  let bytes = 0;
  for (const item of items)
    if (item.kind === 'value' && typeof item.value === 'string') bytes += item.value.length;
  return bytes;
}

/** Writes a value. Checks its size first, so that a refused value takes no memory. */
function addValue(output: OutputBuffer, encoded: string | Uint8Array, style: RespStyle, most: number): void {
  if (output.length + encoded.length > most) throw replyTooLarge(style.maxReplyBytes);
  output.addBulk(encoded);
}

function writeInteger(output: OutputBuffer, value: number): void {
  const integer = wireInteger(value);
  if (integer >= 0) output.addNumber(INTEGER, integer);
  else output.add(`:${integer}\r\n`);
}

function writeNull(output: OutputBuffer, { version }: RespStyle): void {
  output.add(version === 3 ? '_\r\n' : '$-1\r\n');
}

function writeMapHeader(output: OutputBuffer, size: number, { version }: RespStyle): void {
  if (version === 3) output.addNumber(MAP, size);
  else output.addNumber(ARRAY, 2 * size);
}

function writeData(output: OutputBuffer, data: unknown, style: RespStyle): void {
  if (Array.isArray(data)) {
    output.addNumber(ARRAY, data.length);
    for (const item of data) writeData(output, item, style);
  } else if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data);
    writeMapHeader(output, entries.length, style);
    for (const [name, value] of entries) {
      output.addBulk(name);
      writeData(output, value, style);
    }
  } else if (Number.isSafeInteger(data)) {
    writeInteger(output, data as number);
  } else if (data === undefined || data === null) {
    writeNull(output, style);
  } else {
    output.addBulk(String(data));
  }
}
