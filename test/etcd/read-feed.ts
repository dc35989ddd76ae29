import type { ChangeBatch, WatchOptions, WatchRange } from 'memstore-tx';
import type { EtcdStore } from 'memstore-tx/etcd';
import { expect } from 'vitest';

export type Batch = ChangeBatch<Record<string, unknown>>;
export type Feed = AsyncIterableIterator<Batch>;

/** Reads the next batch. Fails the test if the feed is done. */
export async function read(feed: Feed): Promise<Batch> {
  const { done, value } = await feed.next();
  expect(done ?? false).toBe(false);
  return value as Batch;
}

/** Begins a feed, and reads its first batch. */
export async function begin(
  store: EtcdStore,
  range?: string | WatchRange,
  options?: WatchOptions,
): Promise<Feed> {
  const feed = store.watch(range as WatchRange | undefined, options);
  expect(await read(feed)).toEqual({ type: 'start', revision: expect.any(String) });
  return feed;
}

/** Reads a snapshot to its last part, and returns its parts. */
export async function readSnapshot(feed: Feed): Promise<[key: string, value: unknown][][]> {
  const parts: [key: string, value: unknown][][] = [];
  for (;;) {
    const batch = await read(feed);
    if (batch.type !== 'snapshot') throw new Error(`expected a snapshot, got ${JSON.stringify(batch)}`);
    parts.push(batch.entries);
    if (batch.last) return parts;
  }
}

/** Reads the changes of the next commit. */
export async function readCommit(feed: Feed): Promise<readonly { key: string; value?: unknown }[]> {
  const batch = await read(feed);
  if (batch.type !== 'commit') throw new Error(`expected a commit, got ${JSON.stringify(batch)}`);
  return batch.changes;
}
