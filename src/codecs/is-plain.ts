import { isResizable } from './values/value-walk.ts';

// Larger values use the exact encoding, which needs no walk beforehand. These limits also end the walk of a
// value that contains itself.
const MAX_PARTS = 10_000;
const GREATEST_DEPTH = 100;

const plainBytes: ReadonlySet<object | null> = new Set<object | null>([
  ArrayBuffer.prototype,
  ...[Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array].map((type) => type.prototype),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map((type) => type.prototype),
]);

/** The state of one walk. */
interface Walk {
  /** The number of objects that the walk may still visit. */
  left: number;
  readonly isProxy: (value: unknown) => boolean;
}

/**
 * Returns whether a value that `msgpackr` writes is equal when it is read back. This excludes -0, text with
 * lone surrogates, arrays with holes or properties, a key `__proto__`, errors, boxed primitives, instances of
 * classes (such as Buffer), resizable buffers and `DataView`. It also excludes proxies and detached buffers,
 * because `structuredClone` refuses them.
 */
export function isPlain(value: unknown, isProxy: (value: unknown) => boolean): boolean {
  return isPlainPart(value, { left: MAX_PARTS, isProxy }, 0);
}

function isPlainPart(value: unknown, walk: Walk, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return value !== 0 || Object.is(value, 0);
    case 'object':
      if (value === null) return true;
      if (--walk.left <= 0 || depth >= GREATEST_DEPTH || walk.isProxy(value)) return false;
      return isPlainObject(value, walk, depth + 1);
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}

function isPlainObject(value: object, walk: Walk, depth: number): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return hasPlainProperties(value, walk, depth);
  if (prototype === Array.prototype) return isPlainArray(value as unknown[], walk, depth);
  if (prototype === Map.prototype) {
    for (const [key, item] of value as Map<unknown, unknown>)
      if (!isPlainPart(key, walk, depth) || !isPlainPart(item, walk, depth)) return false;
    return true;
  }
  if (prototype === Set.prototype) {
    for (const item of value as Set<unknown>) if (!isPlainPart(item, walk, depth)) return false;
    return true;
  }
  if (prototype === RegExp.prototype) return (value as RegExp).source.isWellFormed();
  if (prototype === Date.prototype) return true;
  return plainBytes.has(prototype) && arePlainBytes(value);
}

function isPlainArray(items: unknown[], walk: Walk, depth: number): boolean {
  const { length } = items;
  // An array this long exceeds the limit of the walk.
  if (length > walk.left) return false;
  const names = Object.keys(items);
  // Object.keys returns the indices before all other names.
  if (names.length !== length || (length > 0 && names[length - 1] !== String(length - 1))) return false;
  return items.every((item) => isPlainPart(item, walk, depth));
}

function hasPlainProperties(value: object, walk: Walk, depth: number): boolean {
  for (const name of Object.keys(value))
    if (
      name === '__proto__' ||
      !name.isWellFormed() ||
      !isPlainPart((value as Record<string, unknown>)[name], walk, depth)
    )
      return false;
  return true;
}

/**
 * Returns whether bytes are plain. An empty buffer may be detached, and the platform cannot clone a detached
 * buffer.
 */
function arePlainBytes(value: object): boolean {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength === 0) return false;
  return buffer !== value || !isResizable(buffer);
}
