import { types } from 'node:util';
import * as v8 from 'node:v8';
import type { ExactFormat } from './message-pack-codec.ts';
import { copyView } from './values/own-bytes.ts';

declare module 'v8' {
  // Node documents this method; its type declarations lack it.
  interface DefaultDeserializer {
    _readHostObject(): ArrayBufferView;
  }
}

/** Node returns views of the bytes that it reads, or of a pool. These get buffers of their own. */
class OwnBytesDeserializer extends v8.DefaultDeserializer {
  override _readHostObject(): ArrayBufferView {
    return copyView(super._readHostObject());
  }
}

/** The format of structured clones that Node writes. */
export const nodeFormat: ExactFormat = {
  serialize: v8.serialize,
  deserialize(bytes) {
    const reader = new OwnBytesDeserializer(bytes);
    reader.readHeader();
    return reader.readValue();
  },
  isProxy: types.isProxy,
};
