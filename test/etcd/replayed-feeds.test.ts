import { Etcd3 } from 'etcd3';
import type { EtcdStore } from 'memstore-tx/etcd';
import { seededRandom } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { messagePackCodec } from '../../src/codecs/message-pack-codec.ts';
import { nodeFormat } from '../../src/codecs/node-format.ts';
import { toKeyRange } from '../../src/contract/key-range.ts';
import { KeySpace } from '../../src/etcd/key-space.ts';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { type Batch, type Feed, read } from './read-feed.ts';
import { useCluster } from './use-cluster.ts';

const SEEDS = [1, 2, 3, 4];
const TRANSACTIONS_PER_WRITER = 40;
const KEYS = ['a', 'b', 'b\0', 'ba', 'bb', 'c', 'd', 'é', '\ud83d\ude00', '\uffff'];
const END = 'end';

type Copy = Map<string, unknown>;

/** Reads the entries of a store at any revision of the cluster. */
class Historian {
  readonly #etcd: Etcd3;
  readonly #keys: KeySpace;
  readonly #codec = messagePackCodec(nodeFormat);

  constructor(hosts: string[], prefix: string) {
    this.#etcd = new Etcd3({ hosts });
    this.#keys = new KeySpace(prefix);
    onTestFinished(() => this.#etcd.close());
  }

  async entriesAt(text: string, range: { readonly prefix?: string }): Promise<Copy> {
    const revision = String(Number.parseInt(text.slice(text.indexOf('-') + 1), 36));
    const { kvs } = await this.#etcd.kv.range({ ...this.#keys.entries(toKeyRange(range)), revision });
    return new Map(kvs.map(({ key, value }) => [this.#keys.keyOf(key), this.#codec.decode(value)]));
  }
}

/** Runs random transactions, one after another. */
async function write(store: EtcdStore, random: () => number): Promise<void> {
  const pick = (count: number): number => Math.floor(random() * count);
  for (let count = 0; count < TRANSACTIONS_PER_WRITER; count++) {
    const ttl = pick(4) === 0 ? { ttl: 1 } : {};
    await store.transaction(async (tx) => {
      for (let writes = pick(4); writes >= 0; writes--) {
        const key = KEYS[pick(KEYS.length)] as string;
        if (pick(3) === 0) await tx.del(key);
        else await tx.put(key, pick(1_000), ttl);
      }
    });
  }
}

/** Applies a batch to a copy. Checks the previous value of each change, if it has one. */
function apply(copy: Copy, batch: Batch, hasPrevious: boolean): void {
  if (batch.type === 'snapshot') for (const [key, value] of batch.entries) copy.set(key, value);
  if (batch.type !== 'commit') return;
  expect(new Set(batch.changes.map(({ key }) => key)).size).toBe(batch.changes.length);
  for (const { key, value, previous, cause } of batch.changes) {
    if (hasPrevious) expect([key, previous]).toEqual([key, copy.get(key)]);
    expect([key, value === undefined]).toEqual([key, cause !== 'put']);
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
}

/**
 * Follows a feed until the key `end` is put, and compares the copy with the cluster at each revision. A feed
 * with a buffer that is too small starts again with a snapshot.
 */
async function follow(
  feed: Feed,
  historian: Historian,
  range: object,
  hasPrevious: boolean,
): Promise<number> {
  let copy: Copy = new Map();
  let isComplete = false;
  let batches = 0;
  for (;;) {
    const batch = await read(feed);
    if (batch.type === 'resync') copy = new Map();
    apply(copy, batch, hasPrevious);
    if (batch.type !== 'commit') isComplete = batch.type === 'snapshot' && batch.last;
    if (!isComplete) continue;
    batches++;
    expect(copy).toEqual(await historian.entriesAt(batch.revision, range));
    if ([...copy.keys()].some((key) => key.endsWith(END))) return batches;
  }
}

describe.skipIf(missingEtcd)(`the copy of a feed on a cluster${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(3);

  it.for(SEEDS)('equals the store at every revision (seed %i)', { timeout: 60_000 }, async (seed) => {
    const prefix = etcd.newPrefix();
    const stores = [await etcd.open({ prefix }), await etcd.open({ prefix })] as const;
    const [reader] = stores;
    const historian = new Historian(etcd.cluster.hosts, prefix);
    const random = seededRandom(seed);
    for (const key of KEYS.slice(0, 4)) await reader.put(key, -1);
    const initial = true;
    const ofB = { prefix: 'b' };
    const copies = [
      follow(reader.watch({}, { initial, values: 'both' }), historian, {}, true),
      follow(reader.watch(ofB, { initial, values: 'both' }), historian, ofB, true),
      follow(reader.watch({}, { initial, mode: 'latest', values: 'both' }), historian, {}, true),
      follow(reader.watch({}, { initial, maxBuffered: 3 }), historian, {}, false),
    ];
    await Promise.all(stores.map((store) => write(store, seededRandom(Math.floor(random() * 1_000_000)))));
    await reader.putMany([
      [END, 1],
      [`b${END}`, 1],
    ]);
    const batches = await Promise.all(copies);
    expect(batches[0]).toBeGreaterThan(TRANSACTIONS_PER_WRITER);
  });
});
