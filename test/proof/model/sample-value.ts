import { BlockList } from 'node:net';

/** The deepest value that a store keeps. */
const MAX_DEPTH = 500;

/**
 * A value as plain data: a number stands for itself, and {@link makeValue} makes the others. Stores have got
 * these kinds wrong before: views of a larger buffer, arrays with a hole and a property, deep nesting, shared
 * memory, and objects of the platform.
 */
export type SampleValue =
  | number
  | { readonly kind: 'buffer' | 'array with a hole' | 'error'; readonly n: number }
  | { readonly kind: 'nested'; readonly depth: number }
  | { readonly kind: 'shared memory in an array' | 'shared memory in an error' | 'platform object' };

/** Whether a store keeps the value; it refuses the others. */
export function isStorable(value: SampleValue): boolean {
  if (typeof value === 'number') return true;
  switch (value.kind) {
    case 'nested':
      return value.depth <= MAX_DEPTH;
    case 'buffer':
    case 'array with a hole':
    case 'error':
      return true;
    default:
      return false;
  }
}

/** Makes the value that a sample stands for. */
export function makeValue(value: SampleValue): unknown {
  if (typeof value === 'number') return value;
  switch (value.kind) {
    case 'buffer':
      return Buffer.from(`buffer ${value.n}`);
    case 'array with a hole': {
      const array: unknown[] = [];
      array[1] = value.n;
      return Object.assign(array, { name: 'kept' });
    }
    case 'error':
      return new Error('sample', { cause: value.n });
    case 'nested': {
      let nested: unknown[] = [];
      for (let depth = 1; depth < value.depth; depth++) nested = [nested];
      return nested;
    }
    case 'shared memory in an array':
      return Object.assign([1], { name: new SharedArrayBuffer(1) });
    case 'shared memory in an error':
      return new Error('sample', { cause: new SharedArrayBuffer(1) });
    case 'platform object':
      return new BlockList();
  }
}

/** Returns the sample that a value from a store was made from, or a value that no sample makes as it is. */
export function sampleOf(value: unknown): unknown {
  if (value instanceof Uint8Array && value.buffer.byteLength === value.byteLength) {
    const [word, n] = new TextDecoder().decode(value).split(' ');
    return word === 'buffer' ? { kind: 'buffer', n: Number(n) } : value;
  }
  if (value instanceof Error) return { kind: 'error', n: value.cause };
  if (!Array.isArray(value)) return value;
  if (value.length === 2)
    return !(0 in value) && 'name' in value && value.name === 'kept'
      ? { kind: 'array with a hole', n: value[1] }
      : value;
  let depth = 1;
  for (let [inner] = value; Array.isArray(inner); [inner] = inner) depth++;
  return { kind: 'nested', depth };
}
