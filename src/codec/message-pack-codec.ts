import { Packr } from 'msgpackr/pack';
import { MemStoreError } from '../errors.ts';
import { hasSharedMemory, SHARED_MEMORY } from '../shared-memory.ts';
import { isPlain } from './is-plain.ts';
import type { ValueCodec } from './value-codec.ts';

/** The platform's own writing of structured clones, which is exact and slower: `node:v8` has it. */
export interface ExactFormat {
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

// MessagePack has no byte 0xc1, so it marks a value in the other format.
const EXACT_MARK = 0xc1;

/**
 * Values as MessagePack, and what MessagePack would not give back equal as one byte 0xc1 and the exact format.
 */
export function messagePackCodec(exact: ExactFormat): ValueCodec {
  const packr = new Packr({ structuredClone: true });
  return {
    encode(value) {
      try {
        // A Buffer is cloned as the Uint8Array that it is.
        const plain = value instanceof Uint8Array ? bytesOf(value) : value;
        if (isPlain(plain)) return packr.pack(plain);
        if (hasSharedMemory(plain)) throw new Error(SHARED_MEMORY);
        return marked(exact.serialize(plain));
      } catch (cause) {
        const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : 'it cannot be cloned';
        throw new MemStoreError('INVALID_VALUE', `The value cannot be turned into bytes: ${why}.`, { cause });
      }
    },
    decode(bytes) {
      try {
        // The exact format hands out views of what it reads, so it gets a copy.
        return bytes[0] === EXACT_MARK
          ? exact.deserialize(Uint8Array.prototype.slice.call(bytes, 1))
          : packr.unpack(bytes);
      } catch (cause) {
        throw new MemStoreError('INVALID_VALUE', 'The value is not MessagePack.', { cause });
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
