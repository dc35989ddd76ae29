import { types } from 'node:util';
import * as v8 from 'node:v8';
import type { ExactFormat } from './message-pack-codec.ts';
import { copyView } from './values/own-bytes.ts';

declare module 'v8' {
  // Node documents this method, but its type declarations omit it.
  interface DefaultDeserializer {
    _readHostObject(): ArrayBufferView;
  }
}

/**
 * A deserializer that gives each view its own buffer. Node would return views of the input bytes or of a
 * pool.
 */
class OwnBytesDeserializer extends v8.DefaultDeserializer {
  override _readHostObject(): ArrayBufferView {
    return copyView(super._readHostObject());
  }
}

/** Node's format for structured clones. */
export const nodeFormat: ExactFormat = {
  serialize: v8.serialize,
  deserialize(bytes) {
    const reader = new OwnBytesDeserializer(bytes);
    reader.readHeader();
    return reader.readValue();
  },
  isProxy: types.isProxy,
};
