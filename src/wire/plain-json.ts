import { MemStoreError } from '../errors.ts';

/** What JSON can write. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * A value as JSON sees it, for clients that know nothing of structured cloning. Much is lost on the way: this
 * is for reading only.
 * @throws {MemStoreError} INVALID_VALUE for a value that contains itself
 */
export function plainJson(value: unknown): Json {
  return convert(value, []);
}

function convert(value: unknown, path: readonly object[]): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : convertObject(value, path);
    default:
      return null;
  }
}

function convertObject(value: object, path: readonly object[]): Json {
  if (path.includes(value))
    throw new MemStoreError('INVALID_VALUE', 'A value that contains itself cannot be shown as JSON.');
  const inside = [...path, value];
  const each = (item: unknown): Json => convert(item, inside);
  if (Array.isArray(value)) return Array.from(value, each);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Set) return Array.from(value, each);
  if (value instanceof Map) {
    const entries = Array.from(value as Map<unknown, unknown>);
    if (entries.every(([key]) => typeof key === 'string'))
      return fromEntries(entries as [string, unknown][], each);
    return entries.map((pair) => pair.map(each));
  }
  if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
  if (value instanceof DataView) return Array.from(bytesOf(value));
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<unknown>, each);
  if (value instanceof Number || value instanceof String || value instanceof Boolean)
    return convert(value.valueOf(), inside);
  return fromEntries(Object.entries(value), each);
}

function fromEntries(entries: readonly [string, unknown][], each: (item: unknown) => Json): Json {
  // Object.fromEntries defines, so that a key named `__proto__` stays a key.
  return Object.fromEntries(entries.map(([name, item]) => [name, each(item)]));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
