import { BlockList } from 'node:net';

/** The maximum depth of a value in a store. */
const MAX_DEPTH = 500;

/**
 * A value as plain data. A number represents itself, and {@link makeValue} creates the others. Stores have
 * had bugs with these kinds before: views of a larger buffer, arrays with a hole, deep nesting, shared
 * memory, and platform objects.
 */
export type SampleValue =
  | number
  | { readonly kind: 'buffer' | 'array with a hole' | 'error'; readonly n: number }
  | { readonly kind: 'nested'; readonly depth: number }
  | { readonly kind: 'shared memory in an array' | 'shared memory in an error' | 'platform object' };

/** Returns whether a store accepts the value. */
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

/** Returns the value that a sample represents. */
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

/**
 * Returns the sample of a value that was read from a store. Returns the value itself if no sample matches.
 */
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
