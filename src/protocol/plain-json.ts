import { MemStoreError } from '../contract/errors.ts';

/** Any value that JSON can represent. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** JSON repeats an object for each reference to it, so the JSON of a small value can be huge. */
const MAX_REPEATED_OBJECTS = 100_000;
const MAX_HOLES = 1_000_000;

/** The state of one conversion. */
interface Walk {
  readonly path: Set<object>;
  readonly visited: Set<object>;
  repeated: number;
}

/**
 * Converts a value to JSON, for clients that cannot decode the binary form. The conversion loses types, so
 * the result is only for reading.
 * @throws {MemStoreError} INVALID_VALUE if the value contains itself, or if its JSON would be far larger than
 * the value
 */
export function plainJson(value: unknown): Json {
  return convert(value, { path: new Set(), visited: new Set(), repeated: 0 });
}

function convert(value: unknown, walk: Walk): Json {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : convertWithin(value, walk);
    default:
      return null;
  }
}

function convertWithin(value: object, walk: Walk): Json {
  if (walk.path.has(value)) throw refusal('A value that contains itself cannot be shown as JSON.');
  if (walk.visited.has(value) && ++walk.repeated > MAX_REPEATED_OBJECTS)
    throw refusal('The value cannot be shown as JSON, because it refers to the same objects too many times.');
  walk.visited.add(value);
  walk.path.add(value);
  const json = convertObject(value, (item) => convert(item, walk));
  walk.path.delete(value);
  return json;
}

function convertObject(value: object, each: (item: unknown) => Json): Json {
  if (Array.isArray(value)) return convertArray(value, each);
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
    return each(value.valueOf());
  return fromEntries(Object.entries(value), each);
}

function convertArray(items: readonly unknown[], each: (item: unknown) => Json): Json {
  // A small sparse array can have billions of holes, and each hole would become a null in JSON.
  if (items.length > MAX_HOLES && items.length - Object.keys(items).length > MAX_HOLES)
    throw refusal(`An array with ${items.length} elements, most of them holes, cannot be shown as JSON.`);
  return Array.from(items, each);
}

function refusal(message: string): MemStoreError {
  return new MemStoreError('INVALID_VALUE', message);
}

function fromEntries(entries: readonly [string, unknown][], each: (item: unknown) => Json): Json {
  // Object.fromEntries defines properties, so a key named `__proto__` is kept as an ordinary key.
  return Object.fromEntries(entries.map(([name, item]) => [name, each(item)]));
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
