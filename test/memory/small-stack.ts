import { messagePackCodec } from '../../src/codecs/message-pack-codec.ts';
import { nodeFormat } from '../../src/codecs/node-format.ts';
import { MemStore } from '../../src/index.ts';
import { NESTINGS, nested } from '../../src/testing/suites/store/nested.ts';

/**
 * Puts, reads, encodes and decodes the deepest storable values, in a process with the stack of a small
 * thread.
 */
const store = new MemStore<Record<string, unknown>>();
const codec = messagePackCodec(nodeFormat);

async function putAndRead(nest: (inner: unknown) => object): Promise<void> {
  await store.put('k', nested(500, nest));
  codec.decode(Buffer.from(codec.encode(await store.get('k'))));
}

for (const nest of Object.values(NESTINGS)) await putAndRead(nest);
process.stdout.write('done');
