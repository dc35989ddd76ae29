import { shortText } from './short-text.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Decodes UTF-8. Returns `undefined` if the bytes are not valid UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  return textWithin(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
}

/** Decodes a part of a buffer without creating a view. Returns `undefined` if it is not valid UTF-8. */
export function textWithin(buffer: Buffer, start: number, end: number): string | undefined {
  const short = shortText(buffer, start, end);
  if (short !== undefined) return short;
  const text = buffer.toString('utf8', start, end);
  // Invalid bytes become U+FFFD. That character is rare in valid text, so only then check strictly.
  return text.includes('\ufffd') ? strictly(buffer.subarray(start, end)) : text;
}

function strictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
