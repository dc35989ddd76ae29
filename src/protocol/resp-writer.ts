import type { ValueCodec } from '../codecs/value-codec.ts';
import { errorText, plainErrorText, toMemStoreError } from './error-reply.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { Reply } from './reply.ts';
import { replyTooLarge } from './reply-too-large.ts';
import { wireInteger } from './wire-integer.ts';

/** The form of the replies of one connection. */
export interface RespStyle {
  readonly version: 2 | 3;
  readonly codec: ValueCodec;
  /** Tagged requests get the details of errors, and reports through the codec. */
  readonly tagged: boolean;
  /** A reply of more bytes, approximately, becomes an error. */
  readonly maxReplyBytes: number;
}

const INTEGER = 0x3a;
const ARRAY = 0x2a;
const MAP = 0x25;

/** Adds a reply in RESP. A reply with a value that cannot be written becomes an error. */
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
    write(output, { kind: 'error', error: toMemStoreError(thrown), ended: false }, style, most);
  }
}

/** Adds the reply to a tagged request. */
export function writeTagged(output: OutputBuffer, tag: number, reply: Reply, style: RespStyle): void {
  output.addNumber(ARRAY, 2);
  output.addNumber(INTEGER, tag);
  writeResp(output, reply, style);
}

/** @throws {MemStoreError} INVALID_VALUE; LIMIT_EXCEEDED beyond about `most` bytes of output */
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
      if (output.length + leastBytesOf(reply.items) > most) throw replyTooLarge(style.maxReplyBytes);
      output.addNumber(ARRAY, reply.items.length);
      for (const item of reply.items) {
        write(output, item, style, most);
        if (output.length > most) throw replyTooLarge(style.maxReplyBytes);
      }
      return;
    case 'map':
      writeMapHeader(output, reply.entries.length, style);
      for (const [name, value] of reply.entries) {
        output.addBulk(name);
        write(output, value, style, most);
      }
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

/** Returns the bytes of the texts in a list. They are known before the list is written. */
function leastBytesOf(items: readonly Reply[]): number {
  let bytes = 0;
  for (const item of items)
    if (item.kind === 'value' && typeof item.value === 'string') bytes += item.value.length;
  return bytes;
}

/** Adds a value. Checks its size first, so that a refused value takes no memory. */
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
