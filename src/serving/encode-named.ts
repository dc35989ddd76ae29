import type { ValueCodec } from '../codecs/value-codec.ts';
import { MemStoreError } from '../contract/errors.ts';
import { toMemStoreError } from '../protocol/error-reply.ts';

/**
 * Encodes a value. The error names the key, because the client reads many values with one request.
 * @throws {MemStoreError} INVALID_VALUE
 */
export function encodeNamed(codec: ValueCodec, key: string, value: unknown): string | Uint8Array {
  try {
    return codec.encode(value);
  } catch (cause) {
    const { message } = toMemStoreError(cause);
    throw new MemStoreError(
      'INVALID_VALUE',
      `The value of key ${JSON.stringify(key)} cannot be encoded: ${message}`,
      { cause },
    );
  }
}
