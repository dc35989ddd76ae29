import { shortText } from './short-text.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that the bytes stand for, or undefined when they are not UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  return textWithin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
}

/** The same for a part of a buffer, which spares a view of it. */
export function textWithin(buffer: Buffer, start: number, end: number): string | undefined {
  const short = shortText(buffer, start, end);
  if (short !== undefined) return short;
  const text = buffer.toString('utf8', start, end);
  // The replacement character is what malformed bytes become, and is rare by itself.
  return text.includes('\ufffd') ? strictly(buffer.subarray(start, end)) : text;
}

function strictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
