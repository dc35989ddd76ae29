import type { ValueCodec } from '../codecs/value-codec.ts';
import { plainJson } from './plain-json.ts';
import { textOf } from './utf8.ts';

/**
 * The codec for clients without MessagePack. Values are UTF-8 strings. Bytes that are not UTF-8 are stored as
 * a `Uint8Array` and returned unchanged. All other values are returned as JSON.
 */
export const textCodec: ValueCodec = {
  encode(value) {
    if (typeof value === 'string' || value instanceof Uint8Array) return value;
    return JSON.stringify(plainJson(value));
  },
  decode(bytes) {
    return textOf(bytes) ?? Uint8Array.from(bytes);
  },
};
