import { MemStoreError } from '../../index.ts';

/**
 * Returns a value as JSON text, like the server's replies to plain lines. A value that JSON does not have
 * becomes the nearest JSON value.
 * @throws {MemStoreError} INVALID_VALUE if the value contains itself
 */
export function valueJson(value: unknown): string {
  // A value that is a byte array is most likely binary data. Byte arrays inside a value become lists of
  // numbers.
  if (value instanceof Uint8Array) return JSON.stringify({ base64: Buffer.from(value).toString('base64') });
  try {
    return JSON.stringify(value ?? null, nearest);
  } catch (cause) {
    throw new MemStoreError('INVALID_VALUE', 'A value that contains itself cannot be shown as JSON.', {
      cause,
    });
  }
}

function nearest(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Set) return [...value];
  if (value instanceof Map) {
    const entries: [unknown, unknown][] = [...value];
    return entries.every(([key]) => typeof key === 'string')
      ? Object.fromEntries(entries as [string, unknown][])
      : entries;
  }
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (value instanceof DataView) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as Iterable<unknown>) : value;
}
