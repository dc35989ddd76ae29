/**
 * Returns a text that is the same for two values only if they are equal in everything that `structuredClone`
 * keeps: types, holes, names and their order, shared references and cycles. For a view it includes the type
 * and the bytes, but not the buffer.
 */
export function describeValue(value: unknown): string {
  return describePart(value, new Map());
}

function describePart(value: unknown, numbers: Map<object, number>): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value);
  const known = numbers.get(value);
  if (known !== undefined) return `#${known}`;
  numbers.set(value, numbers.size);
  const type = Object.getPrototypeOf(value)?.constructor?.name;
  const part = (inner: unknown): string => describePart(inner, numbers);
  return `${type}(${[...ownText(value), ...partTexts(value, part)].join(', ')})`;
}

/** Returns texts for the own content of an object, without the values that it contains. */
function ownText(value: object): string[] {
  if (value instanceof Date) return [String(value.getTime())];
  if (value instanceof RegExp) return [String(value), String(value.lastIndex)];
  if (value instanceof Error) return [value.name, JSON.stringify(value.message), String(value.stack)];
  if (value instanceof ArrayBuffer) return [new Uint8Array(value).join(' ')];
  if (ArrayBuffer.isView(value))
    return [new Uint8Array(value.buffer, value.byteOffset, value.byteLength).join(' ')];
  if (Array.isArray(value)) return [`length ${value.length}`];
  const primitive: unknown = value.valueOf();
  return typeof primitive === 'object'
    ? []
    : [typeof primitive, String(Object.is(primitive, -0) ? '-0' : primitive)];
}

function partTexts(value: object, part: (inner: unknown) => string): string[] {
  if (value instanceof Map) return Array.from(value, ([key, item]) => `${part(key)} => ${part(item)}`);
  if (value instanceof Set) return Array.from(value, part);
  if (value instanceof Error) return Object.hasOwn(value, 'cause') ? [`cause: ${part(value.cause)}`] : [];
  if (ArrayBuffer.isView(value) || value instanceof String) return [];
  return Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${part(inner)}`);
}
