import type { ChangeBatch, WatchOptions, WatchRange } from '../../../contract/changes.ts';
import { assert, assertEqual, assertRejects } from '../../assert.ts';
import type { AnyStore, StoreCases } from './store-cases.ts';
import { letOthersFinish } from './watch.ts';

type AnyBatch = ChangeBatch<Record<string, unknown>>;
type AnyFeed = AsyncIterableIterator<AnyBatch>;

/** The part of a store that these cases test. */
interface Watchable {
  watch(range?: string | WatchRange, options?: WatchOptions): AnyFeed;
}

interface Touchable {
  touch(key: string, options: { ttl: number }): Promise<boolean>;
}

function watch(store: AnyStore, range?: string | WatchRange, options?: WatchOptions): AnyFeed {
  return (store as unknown as Watchable).watch(range, options);
}

/** Reads the next batch. Fails the test if the feed is done. */
async function read(feed: AnyFeed): Promise<AnyBatch> {
  const { done, value } = await feed.next();
  assert(!done, 'the feed has another batch');
  return value as AnyBatch;
}

/** Begins a feed, and reads its first batch. */
async function begin(store: AnyStore, range?: string | WatchRange, options?: WatchOptions): Promise<AnyFeed> {
  const feed = watch(store, range, options);
  assertEqual((await read(feed)).type, 'start', 'the type of the first batch');
  return feed;
}

/** Reads the changes of the next commit. */
async function readCommit(feed: AnyFeed): Promise<unknown[]> {
  const batch = await read(feed);
  if (batch.type !== 'commit') throw new Error(`expected a commit, got ${JSON.stringify(batch)}`);
  return batch.changes;
}

/** Reads a snapshot to its last part, and returns its entries. */
async function readSnapshot(feed: AnyFeed): Promise<unknown[]> {
  const entries: unknown[] = [];
  const revisions = new Set<string>();
  for (;;) {
    const batch = await read(feed);
    if (batch.type !== 'snapshot') throw new Error(`expected a snapshot, got ${JSON.stringify(batch)}`);
    entries.push(...batch.entries);
    revisions.add(batch.revision);
    if (!batch.last) continue;
    assertEqual(revisions.size, 1, 'the number of revisions of one snapshot');
    return entries;
  }
}

/** Puts the key, and checks that this put is the next change of the feed. */
async function assertNothingBefore(store: AnyStore, feed: AnyFeed, key: string): Promise<void> {
  await store.put(key, 'end');
  assertEqual(await readCommit(feed), [{ key, value: 'end', cause: 'put' }], 'the next changes');
}

async function endFeed(feed: AnyFeed): Promise<void> {
  await feed.return?.();
}

const RANGES: readonly (readonly [range: WatchRange, keys: readonly string[]])[] = [
  [{}, ['a', 'b', 'ba', 'bb', 'c']],
  [{ prefix: 'b' }, ['b', 'ba', 'bb']],
  [{ gt: 'a', lte: 'ba' }, ['b', 'ba']],
  [{ gte: 'bb' }, ['bb', 'c']],
  [{ lt: 'b' }, ['a']],
  [{ prefix: 'b', gt: 'b', lt: 'bb' }, ['ba']],
];

const INVALID: readonly (readonly [what: string, range: unknown, options: unknown])[] = [
  ['an unknown bound', { above: 'a' }, undefined],
  ['an option of entries', { limit: 1 }, undefined],
  ['a bound that is not a string', { gte: 1 }, undefined],
  ['a range that is null', null, undefined],
  ['options that are null', undefined, null],
  ['an unknown option', undefined, { inital: true }],
  ['a signal of another type', undefined, { signal: 'now' }],
  ['initial that is not a boolean', undefined, { initial: 1 }],
  ['since that is not a string', undefined, { since: 7 }],
  ['an unknown mode', undefined, { mode: 'newest' }],
  ['unknown values', undefined, { values: 'old' }],
  ['maxBuffered of 0', undefined, { maxBuffered: 0 }],
  ['maxBuffered that is not whole', undefined, { maxBuffered: 1.5 }],
  ['maxBufferedBytes below 0', undefined, { maxBufferedBytes: -1 }],
  ['initial together with since', undefined, { initial: true, since: 'any' }],
];

const contents: StoreCases = {
  'a feed yields start, then each later commit in commit order': async (store) => {
    await store.put('before', 1);
    const feed = watch(store);
    const first = read(feed);
    const put = store.put('a', 1);
    assertEqual((await first).type, 'start', 'the first batch');
    await put;
    await store.put('a', 2);
    await store.del('a');
    assertEqual(await readCommit(feed), [{ key: 'a', value: 1, cause: 'put' }], 'the first commit');
    assertEqual(await readCommit(feed), [{ key: 'a', value: 2, cause: 'put' }], 'the second commit');
    assertEqual(await readCommit(feed), [{ key: 'a', cause: 'del' }], 'the third commit');
    await endFeed(feed);
  },

  'one transaction is one batch, with the net change of each key': async (store) => {
    await store.putMany([
      ['changed', 0],
      ['deleted', 0],
    ]);
    const feed = await begin(store);
    await store.transaction(async (tx) => {
      await tx.put('changed', 1);
      await tx.put('changed', 2);
      await tx.put('brief', 1);
      await tx.del('brief');
      await tx.del('deleted');
      await tx.put('new', 3);
      const savepoint = await tx.savepoint();
      await tx.put('undone', 1);
      await tx.rollbackTo(savepoint);
    });
    const byKey = new Map(
      (await readCommit(feed)).map((change) => [(change as { key: string }).key, change]),
    );
    const expected = new Map<string, unknown>([
      ['changed', { key: 'changed', value: 2, cause: 'put' }],
      ['deleted', { key: 'deleted', cause: 'del' }],
      ['new', { key: 'new', value: 3, cause: 'put' }],
    ]);
    assertEqual(byKey, expected, 'the changes');
    await endFeed(feed);
  },

  'a transaction without a net change in the range yields no batch': async (store) => {
    const feed = await begin(store, { prefix: 'a' });
    await store.del('absent');
    await store.put('b', 1);
    await store.transaction(async (tx) => {
      await tx.put('a', 1);
      await tx.del('a');
    });
    const tx = await store.begin();
    await tx.put('a', 1);
    await tx.rollback();
    await assertNothingBefore(store, feed, 'an end');
    await endFeed(feed);
  },

  'a feed yields the changes within its bounds': async (store) => {
    const keys = ['a', 'b', 'ba', 'bb', 'c'];
    const feeds = await Promise.all(RANGES.map(([range]) => begin(store, range)));
    await store.putMany(keys.map((key) => [key, 1] as const));
    for (const [index, [range, expected]] of RANGES.entries()) {
      const changes = (await readCommit(feeds[index] as AnyFeed)) as { key: string }[];
      assertEqual(changes.map(({ key }) => key).sort(), expected, JSON.stringify(range));
    }
    await Promise.all(feeds.map(endFeed));
  },

  'a feed of a key yields the changes of this key alone': async (store) => {
    const feed = await begin(store, 'b');
    await store.putMany([
      ['a', 1],
      ['b', 2],
      ['b\0', 3],
      ['ba', 4],
    ]);
    assertEqual(await readCommit(feed), [{ key: 'b', value: 2, cause: 'put' }], 'the changes');
    await store.put('ba', 5);
    await assertNothingBefore(store, feed, 'b');
    await endFeed(feed);
  },

  'values tells which values changes carry': async (store) => {
    await store.put('k', { version: 1 });
    const all = ['new', 'both', 'none'] as const;
    const [one, both, none] = await Promise.all(all.map((values) => begin(store, 'k', { values })));
    await store.put('k', { version: 2 });
    await store.del('k');
    await store.put('k', 3);
    const previous = { version: 1 };
    const expected = [
      [one, { value: { version: 2 }, cause: 'put' }, { cause: 'del' }, { value: 3, cause: 'put' }],
      [
        both,
        { value: { version: 2 }, previous, cause: 'put' },
        { previous: { version: 2 }, cause: 'del' },
        { value: 3, cause: 'put' },
      ],
      [none, { cause: 'put' }, { cause: 'del' }, { cause: 'put' }],
    ] as const;
    for (const [feed, ...changes] of expected) {
      for (const change of changes)
        assertEqual(await readCommit(feed as AnyFeed), [{ key: 'k', ...change }], 'a change');
      await endFeed(feed as AnyFeed);
    }
  },

  'a change has the moment at which the entry expires': async (store) => {
    const feed = await begin(store, 'k');
    await store.put('k', 1, { ttl: 3_600_000 });
    const [change] = (await readCommit(feed)) as { expiresAt?: number }[];
    const { expiresAt = 0, ...others } = change as { expiresAt?: number };
    assertEqual(others, { key: 'k', value: 1, cause: 'put' }, 'the rest of the change');
    const left = expiresAt - Date.now();
    assert(left > 3_500_000 && left <= 3_600_000 + 60_000, `an hour is left, not ${left} ms`);
    await endFeed(feed);
  },

  'a touch is a change of the deadline alone': async (store) => {
    await store.put('k', 1);
    const feed = await begin(store, 'k', { values: 'both' });
    await (store as unknown as Touchable).touch('k', { ttl: 3_600_000 });
    const [change] = (await readCommit(feed)) as { expiresAt?: number }[];
    const { expiresAt, ...others } = change as { expiresAt?: number };
    assertEqual(others, { key: 'k', value: 1, previous: 1, cause: 'touch' }, 'the change');
    assertEqual(typeof expiresAt, 'number', 'the type of expiresAt');
    await endFeed(feed);
  },

  'an entry that expires yields a batch of its own': async (store) => {
    const feed = await begin(store, { prefix: 'k' }, { values: 'both' });
    await store.put('k', 1, { ttl: 1 });
    const [put] = (await readCommit(feed)) as { cause: string }[];
    assertEqual(put?.cause, 'put', 'the cause of the first change');
    // A feed keeps no process alive, and neither does a deadline. The put removes the expired entry first.
    let isThere = true;
    while (isThere) isThere = await store.has('k');
    await store.put('k', 2);
    assertEqual(await readCommit(feed), [{ key: 'k', previous: 1, cause: 'expire' }], 'the second change');
    await endFeed(feed);
  },

  'each feed gets copies of the values': async (store) => {
    const [one, other] = await Promise.all([begin(store), begin(store)]);
    await store.put('k', { list: [1] });
    const [change] = (await readCommit(one)) as { value: { list: number[] } }[];
    change?.value.list.push(2);
    assertEqual(await readCommit(other), [{ key: 'k', value: { list: [1] }, cause: 'put' }], 'the other');
    assertEqual(await store.get('k'), { list: [1] }, 'the store');
    await Promise.all([endFeed(one), endFeed(other)]);
  },

  'feeds give one commit the same revision, and each commit another': async (store) => {
    const [one, other] = await Promise.all([begin(store), begin(store, 'k')]);
    await store.put('k', 1);
    await store.put('k', 2);
    const revisions = [await read(one), await read(other), await read(one), await read(other)].map(
      ({ revision }) => revision,
    );
    assertEqual(revisions[0], revisions[1], 'the first commit');
    assertEqual(revisions[2], revisions[3], 'the second commit');
    assert(revisions[0] !== revisions[2], 'the revisions of two commits differ');
    await Promise.all([endFeed(one), endFeed(other)]);
  },
};

const snapshots: StoreCases = {
  'initial yields the entries in key order, then the commits after them': async (store) => {
    await store.putMany([
      ['b', 2],
      ['a', 1],
      ['c', 3],
      ['d', 4],
    ]);
    const feed = watch(store, { lt: 'd' }, { initial: true });
    const entries = readSnapshot(feed);
    await store.put('a', 9);
    const expected = [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ];
    assertEqual(await entries, expected, 'the snapshot');
    assertEqual(await readCommit(feed), [{ key: 'a', value: 9, cause: 'put' }], 'the commit');
    await endFeed(feed);
  },

  'initial yields a last part for an empty range and for a key too': async (store) => {
    const empty = watch(store, { prefix: 'none' }, { initial: true });
    assertEqual(await readSnapshot(empty), [], 'the empty range');
    await store.put('k', 1);
    const [present, absent] = ['k', 'l'].map((key) => watch(store, key, { initial: true }));
    assertEqual(await readSnapshot(present as AnyFeed), [['k', 1]], 'the key');
    assertEqual(await readSnapshot(absent as AnyFeed), [], 'the absent key');
    await Promise.all([empty, present, absent].map((feed) => endFeed(feed as AnyFeed)));
  },

  'a snapshot of many entries has each once, and no commit beside it is lost': async (store) => {
    const keys = Array.from({ length: 2_500 }, (_, index) => `k${String(index).padStart(5, '0')}`);
    await store.putMany(keys.map((key) => [key, 0] as const));
    const feed = watch(store, { prefix: 'k' }, { initial: true, maxBuffered: 5_000 });
    const copy = new Map<string, unknown>();
    const parts: string[] = [];
    for (let round = 1; ; round++) {
      const batch = await read(feed);
      if (batch.type !== 'snapshot') throw new Error('expected a snapshot');
      for (const [key, value] of batch.entries) copy.set(key, value);
      parts.push(...batch.entries.map(([key]) => key));
      await store.putMany([
        [keys[0] as string, round],
        [keys[keys.length - round] as string, round],
      ]);
      if (batch.last) break;
    }
    assertEqual(parts, keys, 'the keys of the snapshot');
    await store.put('k', 'end');
    while (copy.get('k') !== 'end')
      for (const { key, value } of (await readCommit(feed)) as { key: string; value: unknown }[])
        copy.set(key, value);
    const all = new Map<string, unknown>();
    for await (const [key, value] of store.entries({ prefix: 'k' })) all.set(key, value);
    assertEqual(copy, all, 'the copy');
    await endFeed(feed);
  },
};

const slowReaders: StoreCases = {
  'mode latest merges what is not read, and ends at the newest value': async (store) => {
    const feed = await begin(store, 'k', { mode: 'latest' });
    const count = 100;
    for (let value = 1; value <= count; value++) await store.put('k', value);
    await letOthersFinish(store);
    let batches = 0;
    for (let last: unknown = 0; last !== count; batches++)
      last = ((await readCommit(feed)) as { value: unknown }[])[0]?.value;
    assert(batches < count, `fewer batches than commits, not ${batches}`);
    await assertNothingBefore(store, feed, 'k');
    await endFeed(feed);
  },

  'a feed that is not read yields resync, and the commits after it': async (store) => {
    const feed = await begin(store, undefined, { maxBuffered: 5 });
    for (let value = 1; value <= 200; value++) await store.put('k', value);
    await letOthersFinish(store);
    let next = await read(feed);
    for (; next.type === 'commit'; next = await read(feed));
    assertEqual(next.type === 'resync' && next.reason, 'overflow', 'the reason');
    await assertNothingBefore(store, feed, 'after');
    await endFeed(feed);
  },

  'a transaction that is larger than the buffer yields resync': async (store) => {
    const feed = await begin(store, undefined, { maxBuffered: 3 });
    const next = read(feed);
    await store.putMany(['a', 'b', 'c', 'd'].map((key) => [key, 1] as const));
    const batch = await next;
    assertEqual(batch.type === 'resync' && batch.reason, 'overflow', 'the reason');
    await endFeed(feed);
  },

  'maxBufferedBytes bounds the buffer too': async (store) => {
    const feed = await begin(store, undefined, { maxBufferedBytes: 10_000 });
    const next = read(feed);
    await store.put('k', 'x'.repeat(20_000));
    assertEqual((await next).type, 'resync', 'the batch');
    await assertNothingBefore(store, feed, 'small');
    await endFeed(feed);
  },

  'with initial a fresh snapshot follows resync': async (store) => {
    await store.put('a', 1);
    const feed = watch(store, undefined, { initial: true, maxBuffered: 3 });
    assertEqual(await readSnapshot(feed), [['a', 1]], 'the first snapshot');
    const next = read(feed);
    await store.putMany(['b', 'c', 'd', 'e'].map((key) => [key, 2] as const));
    assertEqual((await next).type, 'resync', 'the batch');
    await store.del('a');
    // A store in another process may have read the snapshot ahead. Then the deletion follows the snapshot.
    const copy = new Map((await readSnapshot(feed)) as [string, unknown][]);
    for (const key of ['b', 'c', 'd', 'e']) assertEqual(copy.get(key), 2, 'an entry of the second snapshot');
    await store.put('f', 3);
    while (!copy.has('f'))
      for (const { key, value } of (await readCommit(feed)) as { key: string; value?: unknown }[])
        if (value === undefined) copy.delete(key);
        else copy.set(key, value);
    assertEqual(
      copy,
      new Map([...['b', 'c', 'd', 'e'].map((key) => [key, 2] as const), ['f', 3]]),
      'the copy',
    );
    await endFeed(feed);
  },
};

const argumentsOfFeeds: StoreCases = {
  'a feed with since starts with that revision': async (store) => {
    const first = await begin(store);
    await store.put('k', 1);
    const { revision } = await read(first);
    const feed = watch(store, undefined, { since: revision });
    assertEqual(await read(feed), { type: 'start', revision }, 'the first batch');
    await assertNothingBefore(store, feed, 'after');
    await Promise.all([endFeed(first), endFeed(feed)]);
  },

  'a revision of another store is refused': async (store) => {
    for (const since of ['', 'nonsense', '0123456789abcdef-1']) {
      const feed = watch(store, undefined, { since });
      await assertRejects(feed.next(), 'REVISION_UNKNOWN');
      assertEqual((await feed.next()).done, true, 'done after the error');
    }
  },

  'arguments that are invalid are refused by the first next()': async (store) => {
    for (const [what, range, options] of INVALID) {
      const feed = watch(store, range as WatchRange, options as WatchOptions);
      await assertRejects(feed.next(), 'INVALID_OPTION').catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
      assertEqual((await feed.next()).done, true, 'done after the error');
    }
    await assertRejects(watch(store, 5 as unknown as string).next(), 'INVALID_KEY');
  },

  'later changes of the arguments have no effect': async (store) => {
    const range = { prefix: 'a' };
    const options: { values: 'new' | 'none' } = { values: 'new' };
    const feed = watch(store, range, options);
    range.prefix = 'b';
    options.values = 'none';
    await read(feed);
    await store.put('b', 1);
    await assertNothingBefore(store, feed, 'a');
    await endFeed(feed);
  },
};

const ends: StoreCases = {
  'return() ends a feed, and the calls of next() that wait': async (store) => {
    const feed = await begin(store);
    const waiting = [feed.next(), feed.next()];
    await endFeed(feed);
    for (const call of waiting) assertEqual((await call).done, true, 'a call that waited');
    assertEqual((await feed.next()).done, true, 'a later call');
    await store.put('k', 1);
    const unread = watch(store);
    await endFeed(unread);
    assertEqual((await unread.next()).done, true, 'the first call after return()');
  },

  'throw() ends a feed and rejects with its reason': async (store) => {
    const feed = await begin(store);
    const reason = new Error('a reason');
    const thrown = await feed.throw?.(reason).catch((error: unknown) => error);
    assert(thrown === reason, 'throw() rejects with the reason');
    assertEqual((await feed.next()).done, true, 'a later call');
  },

  'calls of next() are answered in their order': async (store) => {
    const feed = watch(store, 'k');
    const calls = [read(feed), read(feed), read(feed)];
    await store.put('k', 1);
    await store.put('k', 2);
    const batches = await Promise.all(calls);
    const shown = batches.map((batch) => (batch.type === 'commit' ? batch.changes[0]?.value : batch.type));
    assertEqual(shown, ['start', 1, 2], 'the batches');
    await endFeed(feed);
  },

  'a signal ends a feed with ABORTED': async (store) => {
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = await begin(store, undefined, { signal });
    const idle = await begin(store, undefined, { signal });
    const next = waiting.next();
    controller.abort();
    await assertRejects(next, 'ABORTED');
    await assertRejects(idle.next(), 'ABORTED');
    for (const feed of [waiting, idle]) assertEqual((await feed.next()).done, true, 'a later call');
    await assertRejects(watch(store, undefined, { signal }).next(), 'ABORTED');
  },

  'close() ends a feed with STORE_CLOSED': async (store) => {
    const [waiting, idle] = [await begin(store), await begin(store)];
    const next = waiting.next().catch((error: unknown) => error);
    await store.close();
    assertEqual(((await next) as { code?: unknown }).code, 'STORE_CLOSED', 'the call that waited');
    await assertRejects(idle.next(), 'STORE_CLOSED');
    for (const feed of [waiting, idle]) assertEqual((await feed.next()).done, true, 'a later call');
    await assertRejects(watch(store).next(), 'STORE_CLOSED');
  },
};

export const changes: StoreCases = {
  ...contents,
  ...snapshots,
  ...slowReaders,
  ...argumentsOfFeeds,
  ...ends,
};
