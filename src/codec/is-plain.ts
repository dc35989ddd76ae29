// Values with more parts than this are left to the exact encoding, which needs no walk beforehand. The bounds
// also end the walk of a value that contains itself.
const MOST_PARTS = 10_000;
const GREATEST_DEPTH = 100;

const plainPrototypes: ReadonlySet<object | null> = new Set<object | null>([
  null,
  Object.prototype,
  Date.prototype,
  RegExp.prototype,
  ArrayBuffer.prototype,
  ...[Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array].map((type) => type.prototype),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array].map((type) => type.prototype),
]);

/**
 * True for a value that MessagePack, as `msgpackr` writes it, gives back equal. It does not for -0, strings with
 * lone surrogates, arrays with holes or properties, a key `__proto__`, errors, boxed primitives,
 * instances of classes (a Buffer is one) and a `DataView`.
 */
export function isPlain(value: unknown): boolean {
  return isPlainPart(value, { left: MOST_PARTS }, 0);
}

function isPlainPart(value: unknown, parts: { left: number }, depth: number): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed();
    case 'number':
      return value !== 0 || Object.is(value, 0);
    case 'object':
      if (value === null) return true;
      return --parts.left > 0 && depth < GREATEST_DEPTH && isPlainObject(value, parts, depth + 1);
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}

function isPlainObject(value: object, parts: { left: number }, depth: number): boolean {
  const isPlainItem = (item: unknown): boolean => isPlainPart(item, parts, depth);
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) {
    const items = value as unknown[];
    const names = Object.keys(items);
    return names.length === items.length && items.every(isPlainItem);
  }
  if (prototype === Map.prototype) {
    for (const pair of value as Map<unknown, unknown>) if (!pair.every(isPlainItem)) return false;
    return true;
  }
  if (prototype === Set.prototype) {
    for (const item of value as Set<unknown>) if (!isPlainItem(item)) return false;
    return true;
  }
  if (!plainPrototypes.has(prototype)) return false;
  // MessagePack would take the bytes, and whether they are taken must not depend on what stands beside them.
  if (ArrayBuffer.isView(value)) return !(value.buffer instanceof SharedArrayBuffer);
  if (prototype !== Object.prototype && prototype !== null) return true;
  for (const name of Object.keys(value))
    if (
      name === '__proto__' ||
      !name.isWellFormed() ||
      !isPlainItem((value as Record<string, unknown>)[name])
    )
      return false;
  return true;
}
