import { assert, assertEqual, assertRejects } from '../../assert.ts';
import { collect } from './collect.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';

const FOR_EVER = { ttl: Number.POSITIVE_INFINITY };
const HOUR_MS = 3_600_000;
/** The longest finite TTL, in milliseconds. */
const LONGEST = { ttl: 9_000_000_000_000 };
const TOO_LONG = [LONGEST.ttl + 1, Number.MAX_SAFE_INTEGER, 2 ** 53, Number.MAX_VALUE] as const;

type Putting = (store: AnyStore, options: { readonly ttl: number }) => Promise<unknown>;

/** All ways to put the value 1 under the key `k`. */
const PUTS: readonly Putting[] = [
  (store, options) => store.put('k', 1, options),
  (store, options) => store.putMany([['k', 1]], options),
  (store, options) => store.transaction((tx) => tx.put('k', 1, options)),
  (store, options) => store.transaction((tx) => tx.putMany([['k', 1]], options)),
];

async function ttlOf(store: AnyStore): Promise<number | undefined> {
  const [writing, reading] = [await store.begin(), await store.begin({ readOnly: true })];
  const [ttl, seen] = [await writing.ttl('k'), await reading.ttl('k')];
  await Promise.all([writing.commit(), reading.commit()]);
  assertEqual(seen === undefined, ttl === undefined, 'whether the snapshot also has a TTL');
  return ttl;
}

export const ttls: StoreCases = {
  'ttl: Infinity removes the TTL of an entry': async (store) => {
    const other = await store.begin();
    await other.put('other', 1);
    for (const put of PUTS) {
      await store.put('k', 0, { ttl: HOUR_MS });
      await put(store, FOR_EVER);
      assertEqual(await ttlOf(store), undefined, 'the ttl');
    }
    const tx = await store.begin();
    await tx.put('k', 2, FOR_EVER);
    assertEqual(await tx.ttl('k'), undefined, 'the ttl before the commit');
    await tx.commit();
    await other.commit();
    assertEqual(
      await collect(store.entries()),
      [
        ['k', 2],
        ['other', 1],
      ],
      'the entries',
    );
  },

  'a ttl over 9,000,000,000,000 ms is refused, and the error suggests Infinity': async (store) => {
    for (const put of PUTS) {
      await put(store, LONGEST);
      const ttl = await ttlOf(store);
      assert(ttl !== undefined && ttl > LONGEST.ttl - HOUR_MS && ttl <= LONGEST.ttl, `the ttl: ${ttl}`);
      for (const tooLong of TOO_LONG) {
        const error = await assertRejects(put(store, { ttl: tooLong }), 'INVALID_OPTION');
        assert(
          /9000000000000.*Infinity/.test(error.message),
          `the message names the limit and Infinity: ${error.message}`,
        );
      }
      assert((await ttlOf(store)) !== undefined, 'the earlier put is still visible');
      await store.del('k');
    }
  },
};
