import { connect, MemStore, type RemoteStore, startServer } from 'memstore-tx';
import { FakeClock, seededRandom } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openProxy } from '../proof/faults/open-proxy.ts';
import { serve, until } from '../server/serve.ts';

type AnyStore = RemoteStore<Record<string, unknown>>;
type Feed = ReturnType<AnyStore['watch']>;
type AnyBatch = Awaited<ReturnType<Feed['next']>>['value'];

async function read(feed: Feed): Promise<AnyBatch> {
  return (await feed.next()).value as AnyBatch;
}

/** Connects a client through a proxy, whose connections a test cuts. */
async function connectThrough(port: number, faults?: Parameters<typeof openProxy>[1]) {
  const proxy = await openProxy(port, faults);
  const client: AnyStore = await connect({ port: proxy.port });
  onTestFinished(() => client.close());
  return { proxy, client };
}

function apply(copy: Map<string, unknown>, batch: AnyBatch): void {
  if (batch.type !== 'commit') return;
  for (const { key, value } of batch.changes) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value);
  }
}

describe('a feed whose connection is lost', () => {
  it.each([1, 2, 3, 4])(
    'resumes after the last batch: nothing is lost or doubled (seed %i)',
    async (seed) => {
      const random = seededRandom(seed);
      const { store, port } = await serve({}, { changes: { keep: 100_000 } });
      let cuts = 0;
      const { proxy, client } = await connectThrough(port, () => {
        cuts++;
        return { toClient: { cutAfterBytes: 800 + Math.floor(random() * 4_000), jitter: random } };
      });
      const feed = client.watch({ prefix: 'k' });
      expect(await read(feed)).toMatchObject({ type: 'start' });
      const revisions: string[] = [];
      const values: unknown[] = [];
      const count = 400;
      const reading = (async () => {
        while (values.length < count) {
          const batch = await read(feed);
          expect(batch.type).toBe('commit');
          revisions.push(batch.revision);
          for (const { value } of batch.type === 'commit' ? batch.changes : []) values.push(value);
        }
      })();
      for (let value = 0; value < count; value++) {
        await store.put(`k${value % 7}`, value);
        if (random() < 0.02) proxy.last.cut();
        if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
      }
      await reading;
      expect(values).toEqual(Array.from({ length: count }, (_, value) => value));
      expect(new Set(revisions).size).toBe(count);
      expect(cuts).toBeGreaterThan(3);
      await feed.return?.();
    },
  );

  it('yields resync with history if the store does not keep the changes', async () => {
    const { store, port } = await serve();
    const { proxy, client } = await connectThrough(port);
    const [plain, initial] = [client.watch(), client.watch({}, { initial: true })];
    await read(plain);
    await read(initial);
    const pending = [read(plain), read(initial)];
    proxy.isDown = true;
    proxy.last.cut();
    await store.put('k', 1);
    proxy.isDown = false;
    expect(await Promise.all(pending)).toMatchObject([
      { type: 'resync', reason: 'history' },
      { type: 'resync', reason: 'history' },
    ]);
    expect(await read(initial)).toMatchObject({ type: 'snapshot', entries: [['k', 1]], last: true });
    await store.put('k', 2);
    for (const feed of [plain, initial]) {
      expect(await read(feed)).toMatchObject({ type: 'commit', changes: [{ key: 'k', value: 2 }] });
      await feed.return?.();
    }
  });

  it('yields nothing if nothing was committed meanwhile', async () => {
    const { store, port } = await serve();
    const { proxy, client } = await connectThrough(port);
    const feed = client.watch({}, { initial: true });
    await read(feed);
    const pending = read(feed);
    proxy.last.cut();
    await until(() => proxy.pipes.length === 2);
    await client.get('a');
    await store.put('k', 1);
    expect(await pending).toMatchObject({ type: 'commit', changes: [{ key: 'k', value: 1 }] });
    await feed.return?.();
  });

  it('yields resync with reconnect if the server has restarted', async () => {
    const first = new MemStore();
    const server = await startServer(first, { port: 0 });
    await first.put('old', 1);
    const client: AnyStore = await connect({ port: server.port ?? 0 });
    onTestFinished(() => client.close());
    const [plain, initial] = [client.watch(), client.watch({}, { initial: true })];
    await read(plain);
    expect(await read(initial)).toMatchObject({ entries: [['old', 1]] });
    const pending = [read(plain), read(initial)];
    await server.close();
    await first.close();
    const second = new MemStore();
    await second.put('new', 2);
    const again = await startServer(second, { port: server.port ?? 0 });
    onTestFinished(async () => {
      await again.close({ drainTimeout: 0 });
      await second.close();
    });
    expect(await Promise.all(pending)).toMatchObject([
      { type: 'resync', reason: 'reconnect' },
      { type: 'resync', reason: 'reconnect' },
    ]);
    expect(await read(initial)).toMatchObject({ type: 'snapshot', entries: [['new', 2]], last: true });
    await second.put('k', 3);
    for (const feed of [plain, initial]) expect(await read(feed)).toMatchObject({ type: 'commit' });
    await client.close();
  });

  it.each([11, 12, 13])('begins a snapshot anew that was cut off (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const { store, port } = await serve({}, { changes: { keep: 10 } });
    await store.putMany(Array.from({ length: 3_000 }, (_, index) => [`k${10_000 + index}`, index] as const));
    const { client } = await connectThrough(port, (connection) =>
      connection < 4 ? { toClient: { cutAfterBytes: 2_000 + Math.floor(random() * 60_000) } } : {},
    );
    const feed = client.watch({ prefix: 'k' }, { initial: true });
    let copy = new Map<string, unknown>();
    for (;;) {
      const batch = await read(feed);
      if (batch.type === 'resync') copy = new Map();
      if (batch.type !== 'snapshot') continue;
      for (const [key, value] of batch.entries) {
        expect(copy.has(key)).toBe(false);
        copy.set(key, value);
      }
      if (batch.last) break;
    }
    expect(copy.size).toBe(3_000);
    await store.put('k1', 'end');
    while (!copy.has('k1')) apply(copy, await read(feed));
    await feed.return?.();
  });

  it('ends with CONNECTION_LOST after reconnectTimeout', async () => {
    const { port } = await serve();
    const proxy = await openProxy(port);
    const clock = new FakeClock();
    const client: AnyStore = await connect({ port: proxy.port, reconnectTimeout: 1_000, clock });
    onTestFinished(() => client.close());
    const feed = client.watch();
    await read(feed);
    const pending = expect(feed.next()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    proxy.isDown = true;
    proxy.last.cut();
    let isLost = false;
    void pending.then(() => {
      isLost = true;
    });
    await until(() => {
      clock.advance(100);
      return isLost;
    });
    await pending;
    expect((await feed.next()).done).toBe(true);
  });
});

describe('a feed of a remote store', () => {
  it('keeps the fidelity of values', async () => {
    const { connect: join, store } = await serve();
    const client = await join();
    const feed = client.watch('k', { values: 'both' });
    await read(feed as Feed);
    const values = [new Map([[1, new Date(5)]]), null, 12n, new Uint8Array([1, 255]), new Set(['a'])];
    let previous: unknown;
    for (const value of values) {
      await store.put('k', value);
      const change = { key: 'k', value, cause: 'put', ...(previous === undefined ? {} : { previous }) };
      expect(await read(feed as Feed)).toMatchObject({ changes: [change] });
      previous = value;
    }
    await feed.return?.();
  });

  it('tells the server when it ends, so that no feed is left there', async () => {
    const { connect: join } = await serve({ limits: { maxFeeds: 2 } });
    const client = await join();
    const controller = new AbortController();
    const signalled = client.watch({}, { signal: controller.signal });
    await read(signalled);
    controller.abort();
    await expect(signalled.next()).rejects.toMatchObject({ code: 'ABORTED' });
    for (let round = 0; round < 20; round++) {
      const feed = client.watch();
      const first = feed.next();
      if (round % 2 === 0) await first;
      await feed.return?.();
      await first;
      await client.get('a');
    }
    const [one, two, three] = [client.watch(), client.watch(), client.watch()];
    await read(one);
    await read(two);
    await expect(three.next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await one.return?.();
    await two.return?.();
  });

  it('reads one page ahead at most, so that the rest is merged or dropped on the server', async () => {
    const { connect: join, store } = await serve();
    const client = await join();
    const feed = client.watch({}, { maxBuffered: 10 });
    await read(feed);
    for (let value = 0; value < 1_000; value++) await store.put('k', value);
    await client.get('k');
    let batches = 0;
    for (let batch = await read(feed); batch.type === 'commit'; batch = await read(feed)) batches++;
    expect(batches).toBeLessThan(30);
    await feed.return?.();
  });

  it.each([4_000, 1_000_000])('splits a snapshot so that each part fits maxReplyBytes (%i)', async (max) => {
    const { connect: join, store } = await serve({ limits: { maxReplyBytes: max } });
    const entries: [string, string][] = [];
    for (let i = 0; i < 2_000; i++) entries.push([`€${i + 10_000}`, i % 3 === 0 ? '' : '€'.repeat(i % 90)]);
    entries.push(['€5', 'x'.repeat(0.9 * max)], ['€6', 'x'.repeat(0.9 * max)]);
    entries.sort();
    await store.putMany(entries);
    const feed = (await join()).watch({}, { initial: true });
    const copy: unknown[] = [];
    for (let isLast = false; !isLast; ) {
      const batch = await read(feed);
      if (batch.type !== 'snapshot') throw new Error(`unexpected ${batch.type}`);
      copy.push(...batch.entries);
      isLast = batch.last;
    }
    expect(copy).toEqual(entries);
    await feed.return?.();
  });

  it('leaves no feed on the server if a page does not fit', async () => {
    const { connect: join, store } = await serve({ limits: { maxReplyBytes: 4_000, maxFeeds: 1 } });
    const client = await join();
    const feed = client.watch();
    await read(feed);
    await store.put('€'.repeat(1_500), 1);
    await expect(feed.next()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const next = client.watch('k');
    expect(await read(next as Feed)).toMatchObject({ type: 'start' });
    await next.return?.();
  });
});
