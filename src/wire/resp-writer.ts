import type { ValueCodec } from '../codec/value-codec.ts';
import { errorText, plainErrorText, toMemStoreError } from './error-reply.ts';
import type { OutputBuffer } from './output-buffer.ts';
import type { Reply } from './reply.ts';
import { replyTooLarge } from './reply-too-large.ts';

/** How the replies of one connection are written. */
export interface RespStyle {
  readonly version: 2 | 3;
  readonly codec: ValueCodec;
  /** Tagged requests get the details of errors, and reports through the codec. */
  readonly tagged: boolean;
  /** What has more bytes than about these becomes an error. */
  readonly maxReplyBytes: number;
}

/** The headers of short bulk strings, which are most of them. */
const HEADERS: readonly string[] = Array.from({ length: 256 }, (_, length) => `$${length}\r\n`);

/** Adds a reply in RESP. One that cannot be written, for a value of it, becomes an error. */
export function writeResp(output: OutputBuffer, reply: Reply, style: RespStyle): void {
  if (reply.kind === 'ok') {
    output.add('+OK\r\n');
    return;
  }
  const mark = output.mark();
  const most = output.length + style.maxReplyBytes;
  try {
    write(output, reply, style, most);
  } catch (thrown) {
    output.reset(mark);
    write(output, { kind: 'error', error: toMemStoreError(thrown), ended: false }, style, most);
  }
}

/** Adds the reply to a tagged request. */
export function writeTagged(output: OutputBuffer, tag: number, reply: Reply, style: RespStyle): void {
  output.add(`*2\r\n:${tag}\r\n`);
  writeResp(output, reply, style);
}

/** @throws {MemStoreError} INVALID_VALUE; LIMIT_EXCEEDED when the output would have more than `most` bytes, about */
function write(output: OutputBuffer, reply: Reply, style: RespStyle, most: number): void {
  switch (reply.kind) {
    case 'ok':
      output.add('+OK\r\n');
      return;
    case 'status':
      output.add(`+${reply.text}\r\n`);
      return;
    case 'integer':
      output.add(`:${reply.value}\r\n`);
      return;
    case 'transaction':
      output.add(`:${reply.id}\r\n`);
      return;
    case 'value':
      if (reply.value === undefined) writeNull(output, style);
      else writeBulk(output, reply.encoded ?? style.codec.encode(reply.value));
      return;
    case 'text':
      writeBulk(output, reply.text);
      return;
    case 'null':
      writeNull(output, style);
      return;
    case 'list':
      output.add(`*${reply.items.length}\r\n`);
      for (const item of reply.items) {
        write(output, item, style, most);
        if (output.length > most) throw replyTooLarge(style.maxReplyBytes);
      }
      return;
    case 'map':
      writeMapHeader(output, reply.entries.length, style);
      for (const [name, value] of reply.entries) {
        writeBulk(output, name);
        write(output, value, style, most);
      }
      return;
    case 'data':
      if (style.tagged) writeBulk(output, style.codec.encode(reply.data));
      else writeData(output, reply.data, style);
      return;
    case 'error':
      output.add(`-${(style.tagged ? errorText : plainErrorText)(reply.error, reply.ended)}\r\n`);
      return;
  }
}

function writeBulk(output: OutputBuffer, content: string | Uint8Array): void {
  if (typeof content === 'string') {
    const length = Buffer.byteLength(content);
    output.add(HEADERS[length] ?? `$${length}\r\n`);
    output.add(content);
    output.add('\r\n');
    return;
  }
  output.add(`$${content.length}\r\n`);
  output.addBytes(content);
  output.add('\r\n');
}

function writeNull(output: OutputBuffer, { version }: RespStyle): void {
  output.add(version === 3 ? '_\r\n' : '$-1\r\n');
}

function writeMapHeader(output: OutputBuffer, size: number, { version }: RespStyle): void {
  output.add(version === 3 ? `%${size}\r\n` : `*${2 * size}\r\n`);
}

function writeData(output: OutputBuffer, data: unknown, style: RespStyle): void {
  if (Array.isArray(data)) {
    output.add(`*${data.length}\r\n`);
    for (const item of data) writeData(output, item, style);
  } else if (typeof data === 'object' && data !== null) {
    const entries = Object.entries(data);
    writeMapHeader(output, entries.length, style);
    for (const [name, value] of entries) {
      writeBulk(output, name);
      writeData(output, value, style);
    }
  } else if (Number.isSafeInteger(data)) {
    output.add(`:${data}\r\n`);
  } else if (data === undefined || data === null) {
    writeNull(output, style);
  } else {
    writeBulk(output, String(data));
  }
}
