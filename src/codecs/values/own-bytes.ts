import { typedArrayType } from './value-kinds.ts';
import { isResizable } from './value-walk.ts';

/** Returns a copy of a view. Its buffer has exactly the bytes of the view. */
export function copyView(view: ArrayBufferView): ArrayBufferView {
  const type = typedArrayType(view);
  if (type !== undefined) return new type(view);
  const { buffer, byteOffset, byteLength } = view;
  return new DataView(buffer.slice(byteOffset, byteOffset + byteLength));
}

/**
 * Replaces every view in a value with a copy that has its own buffer, and every resizable buffer with a fixed
 * one. REQUIRES: the value is a result of `structuredClone` that no other code refers to.
 */
export function giveOwnBytes(value: object): object {
  const copies = new Map<object, object>();
  const visited = new Set<object>();
  const replace = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const copy = copies.get(part) ?? copyBytes(part);
    if (copy === undefined) visited.add(part);
    else copies.set(part, copy);
    return copy ?? part;
  };
  const result = replace(value) as object;
  // The iterator of a set also visits the objects that are added during the loop.
  for (const object of visited) replaceParts(object, replace);
  return result;
}

function copyBytes(part: object): object | undefined {
  if (ArrayBuffer.isView(part)) return copyView(part);
  return part instanceof ArrayBuffer && isResizable(part) ? fixedCopy(part) : undefined;
}

function fixedCopy(buffer: ArrayBuffer): ArrayBuffer {
  return new Uint8Array(new Uint8Array(buffer)).buffer;
}

function replaceParts(object: object, replace: (part: unknown) => unknown): void {
  if (object instanceof Map) {
    const entries = [...object];
    object.clear();
    for (const [key, item] of entries) object.set(replace(key), replace(item));
  } else if (object instanceof Set) {
    const items = [...object];
    object.clear();
    for (const item of items) object.add(replace(item));
  } else {
    for (const name of Object.keys(object)) replaceProperty(object, name, replace);
    // `cause` is not enumerable, so the loop above misses it.
    if (object instanceof Error && object.cause !== undefined) replaceProperty(object, 'cause', replace);
  }
}

function replaceProperty(object: object, name: string, replace: (part: unknown) => unknown): void {
  const properties = object as Record<string, unknown>;
  const part = properties[name];
  const replacement = replace(part);
  if (replacement !== part) properties[name] = replacement;
}
