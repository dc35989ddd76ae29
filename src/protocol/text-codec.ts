import type { ValueCodec } from '../codecs/value-codec.ts';
import { plainJson } from './plain-json.ts';
import { textOf } from './utf8.ts';

/**
 * Encodes values for clients without MessagePack, as UTF-8 strings. Bytes that are not UTF-8 are kept as a
 * `Uint8Array` and go out as they came; any other value goes out as its JSON.
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
