// Sizes in bytes on V8 without pointer compression (Node's build). bench/size-of.ts measures them for the
// copies that `structuredClone` makes, because stores keep such copies.
const WORD = 8;
/** The header before the elements of a string, a bigint or an array of slots. */
const HEADER = 2 * WORD;
const HEAP_NUMBER = HEADER;
/** A plain object, with room for the first few properties. */
const OBJECT = 7 * WORD;
const PROPERTIES_IN_OBJECT = 4;
/** V8 stores further properties outside the object, in an array that grows by this number of slots. */
const PROPERTIES_AT_A_TIME = 3;
/**
 * An object with more properties is assumed to be a dictionary, whose property names no other object shares.
 */
const SHARED_NAMES = 32;
/** The bytes that V8 needs for a property name that only one object has. */
const NAME_OF_ITS_OWN = 4 * WORD;
const ARRAY = 4 * WORD + HEADER;
/** A `Map` or `Set` without its table entries. */
const TABLE = 9 * WORD;
const LEAST_TABLE_ENTRIES = 4;
/** The key, the value, the link to the next entry, and half of a bucket. */
const MAP_ENTRY = 3.5 * WORD;
const SET_ENTRY = 2.5 * WORD;
const DATE = 12 * WORD;
/** An object that wraps a primitive. */
const BOX = 4 * WORD;
const ARRAY_BUFFER = 11 * WORD;
/** A typed array or `DataView` without its buffer. */
const VIEW = 12 * WORD;

const GREATEST_SMALL_INTEGER = 2 ** 31 - 1;

/**
 * Estimates the bytes of memory that an entry takes: its key, and everything reachable from its value. Each
 * object counts once. The store's own records of the entry are not included, because their size does not
 * depend on the value. Property names count only for objects with more than 32 properties.
 */
export function estimateSize(value: unknown, key: string): number {
  return stringSize(key) + valueSize(value);
}

/** Estimates the bytes of a value. Not recursive, so that deep nesting cannot overflow the stack. */
function valueSize(root: unknown): number {
  if (typeof root !== 'object' || root === null) return primitiveSize(root);
  const seen = new Set<object>([root]);
  let size = 0;
  // The iterator of a set also visits the objects that are added during the loop.
  for (const object of seen) {
    size += shellSize(object);
    for (const part of partsOf(object)) {
      if (typeof part === 'object' && part !== null) seen.add(part);
      else size += primitiveSize(part);
    }
  }
  return size;
}

/** Returns the bytes of a primitive, without the slot that refers to it. */
function primitiveSize(value: unknown): number {
  if (typeof value === 'string') return stringSize(value);
  if (typeof value === 'number') return isSmallInteger(value) ? 0 : HEAP_NUMBER;
  if (typeof value === 'bigint') return HEADER + WORD * Math.ceil(value.toString(16).length / 16);
  return 0;
}

/**
 * Returns the bytes of a string. Each code unit takes one byte, or two if any unit of the string needs two.
 */
function stringSize(text: string): number {
  const unitBytes = /[\u0100-\uffff]/.test(text) ? 2 : 1;
  return HEADER + WORD * Math.ceil((text.length * unitBytes) / WORD);
}

function isSmallInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= GREATEST_SMALL_INTEGER && !Object.is(value, -0);
}

/** Returns the bytes of an object itself, with the slots for its parts but without the parts. */
function shellSize(object: object): number {
  if (Array.isArray(object)) return ARRAY + WORD * object.length;
  if (object instanceof Map) return TABLE + MAP_ENTRY * tableEntries(object.size);
  if (object instanceof Set) return TABLE + SET_ENTRY * tableEntries(object.size);
  if (object instanceof Date) return DATE;
  if (isBoxed(object)) return BOX;
  if (ArrayBuffer.isView(object)) return VIEW;
  // A view keeps its whole buffer in memory.
  if (object instanceof ArrayBuffer) return ARRAY_BUFFER + object.byteLength;
  return plainObjectSize(Object.keys(object));
}

/** Returns the capacity of a table. A table doubles when it is full. */
function tableEntries(size: number): number {
  return Math.max(LEAST_TABLE_ENTRIES, 2 ** Math.ceil(Math.log2(size)));
}

function plainObjectSize(names: readonly string[]): number {
  const outside = names.length - PROPERTIES_IN_OBJECT;
  if (outside <= 0) return OBJECT;
  const size = OBJECT + HEADER + WORD * PROPERTIES_AT_A_TIME * Math.ceil(outside / PROPERTIES_AT_A_TIME);
  if (names.length <= SHARED_NAMES) return size;
  return names.reduce((sum, name) => sum + NAME_OF_ITS_OWN + stringSize(name), size);
}

function partsOf(object: object): Iterable<unknown> {
  if (object instanceof Set) return object;
  if (object instanceof Map) return [...object.keys(), ...object.values()];
  if (object instanceof Error) return [object.message, object.stack, object.cause];
  if (object instanceof RegExp) return [object.source];
  if (isBoxed(object)) return [object.valueOf()];
  return ArrayBuffer.isView(object) ? [object.buffer] : Object.values(object);
}

function isBoxed(object: object): boolean {
  return (
    object instanceof String ||
    object instanceof Number ||
    object instanceof BigInt ||
    object instanceof Boolean
  );
}
