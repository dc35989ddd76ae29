import { Packr } from 'msgpackr/pack';
import { MemStoreError } from '../contract/errors.ts';
import { isPlain } from './is-plain.ts';
import type { ValueCodec } from './value-codec.ts';
import { inspectValue } from './values/inspect-value.ts';
import { checkStorable, invalidValue, isObject } from './values/invalid-value.ts';
import { storedCopy } from './values/stored-copy.ts';
import { FOREIGN_OBJECTS } from './values/value-walk.ts';

/** The platform's own format for structured clones. It is exact, but slower than MessagePack. */
export interface ExactFormat {
  serialize(value: unknown): Uint8Array;
  /** Returns the value. Each view in it has its own buffer. */
  deserialize(bytes: Uint8Array): unknown;
  isProxy(value: unknown): boolean;
}

// MessagePack never uses the byte 0xc1, so this byte marks a value in the exact format.
const EXACT_MARK = 0xc1;

/**
 * Returns a codec that writes values as MessagePack. If a MessagePack value would not be equal when read
 * back, the codec writes the byte 0xc1 and the exact format.
 */
export function messagePackCodec(exact: ExactFormat): ValueCodec {
  const packr = new Packr({ structuredClone: true, useToJSON: false });

  function encodeExactly(value: unknown): Uint8Array {
    // Copying turns a class instance into a plain object, or refuses the value.
    const isForeign = isObject(value) && (inspectValue(value, false) & FOREIGN_OBJECTS) !== 0;
    return marked(exact.serialize(isForeign ? storedCopy(value) : value));
  }

  return {
    encode(value) {
      checkStorable(value);
      try {
        // `structuredClone` turns a Buffer into a Uint8Array, so do the same.
        const plain = ArrayBuffer.isView(value) && value instanceof Uint8Array ? bytesOf(value) : value;
        if (isPlain(plain, exact.isProxy)) return packr.pack(plain);
      } catch {
        // The prototype of the object hides its real type. The exact format writes the real type.
      }
      try {
        return encodeExactly(value);
      } catch (cause) {
        throw invalidValue(value, cause);
      }
    },
    decode(bytes) {
      try {
        return bytes[0] === EXACT_MARK ? exact.deserialize(bytes.subarray(1)) : packr.unpack(bytes);
      } catch (cause) {
        throw new MemStoreError('INVALID_VALUE', 'The bytes are not a MessagePack value.', { cause });
      }
    },
  };
}

function bytesOf(view: Uint8Array): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function marked(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length + 1);
  result[0] = EXACT_MARK;
  result.set(bytes, 1);
  return result;
}
