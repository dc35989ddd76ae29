import { Socket } from 'node:net';
import { connect, MemStore, startServer } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { unreachable } from '../../src/client/unreachable.ts';
import { RemoteTransaction } from '../../src/remote/remote-transaction.ts';
import { openProxy } from '../proof/faults/open-proxy.ts';
import { serve, until } from '../server/serve.ts';

describe('the client', () => {
  it('explains that the host name cannot be resolved', () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND b'), { code: 'ENOTFOUND', hostname: 'b' });
    expect(unreachable(error)).toBe('The server could not be reached: the host b is unknown.');
  });

  it('gets an error with the key for a value in a scan that cannot be sent', async () => {
    // A store with `clone: false` accepts values that other stores refuse.
    const { connect: join, store } = await serve({}, { clone: false });
    await store.put('a', 1);
    await store.put('a blob', new Blob(['x']));
    const client = await join();
    const scan = async (): Promise<void> => {
      for await (const _ of client.entries());
    };
    await expect(scan()).rejects.toMatchObject({
      code: 'INVALID_VALUE',
      message: expect.stringMatching(/^The value of key "a blob" cannot be encoded: /),
    });
  });

  it('sends the calls of one tick in one write, and the cancellations of one tick in another', async () => {
    const { port, connect: join, store } = await serve();
    const holder = await store.begin();
    await holder.put('held', 1);
    const client = await join();
    const tx = await client.begin();
    const write = vi.spyOn(Socket.prototype, 'write');
    onTestFinished(() => write.mockRestore());
    const writes = (): number =>
      write.mock.contexts.filter((socket) => (socket as Socket).remotePort === port).length;
    const before = writes();
    const abort = new AbortController();
    const calls = [
      client.put('a', 1),
      client.get('a'),
      client.del('b'),
      client.getMany(['a', 'b']),
      tx.put('c', 1),
      tx.get('c'),
      client.begin(),
      client.stats(),
    ];
    const waiting = [
      client.put('held', 2, { signal: abort.signal }),
      tx.get('held', { signal: abort.signal }),
    ];
    await Promise.all(calls);
    expect(writes() - before).toBe(1);
    await until(() => store.locks().waiting.length === 2);
    abort.abort();
    const ends = await Promise.allSettled(waiting);
    expect(ends).toMatchObject([{ reason: { code: 'ABORTED' } }, { reason: { code: 'ABORTED' } }]);
    expect(writes() - before).toBe(2);
    expect(store.locks().waiting).toEqual([]);
    await holder.rollback();
  });

  it('removes a waiting operation when its signal is aborted, also one that waits behind another operation', async () => {
    const { connect: join, store } = await serve();
    await store.put('a', 1);
    await store.put('b', 2);
    const holder = await store.begin();
    await holder.put('a', 2);
    await holder.put('b', 2);
    const client = await join();
    const tx = await client.begin();
    const abort = new AbortController();
    // The scan waits for `a`. The get waits behind the scan on the server.
    const row = tx.entries({ gte: 'a', lte: 'a' }).next();
    const behind = tx.get('b', { signal: abort.signal });
    await until(() => store.locks().waiting.length === 1);
    await client.get('a');
    abort.abort(new Error('enough'));
    await client.get('a');
    await holder.rollback();
    await expect(row).resolves.toMatchObject({ value: ['a', 1] });
    await expect(behind).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } });
    await tx.commit();
  });

  it('passes its lock timeout to the server', async () => {
    const clock = new FakeClock();
    const { connect: join, store } = await serve({}, { clock });
    const holder = await store.begin();
    await holder.put('a', 2);
    const client = await join({ lockTimeout: 700 });
    const tx = await client.begin();
    const waits = [tx.get('a'), client.put('a', 3, { lockTimeout: 500 })];
    await until(() => store.locks().waiting.length === 2);
    const failures: string[] = [];
    for (const [index, wait] of waits.entries()) wait.catch(({ code }) => failures.push(`${index} ${code}`));
    clock.advance(500);
    await until(() => failures.length === 1);
    clock.advance(200);
    await until(() => failures.length === 2);
    expect(failures).toEqual(['1 LOCK_TIMEOUT', '0 LOCK_TIMEOUT']);
    expect(store.locks().waiting).toEqual([]);
    await tx.rollback();
    await holder.rollback();
  });

  it('waits for contested keys no longer than its lock timeout', async () => {
    const { connect: join, store } = await serve();
    const client = await join({ lockTimeout: 5 });
    const older = await store.begin();
    await older.get('a');
    const lock = vi.spyOn(RemoteTransaction.prototype, 'getForUpdate');
    onTestFinished(() => lock.mockRestore());
    let upgraded: Promise<void> | undefined;
    await client.transaction(async (tx) => {
      if (upgraded !== undefined) return;
      await tx.get('a');
      upgraded = older.put('a', 1);
      const victim = tx.put('a', 2);
      await upgraded;
      await older.commit();
      await victim;
    });
    expect(lock.mock.calls).toEqual([['a', { lockTimeout: expect.any(Number) }]]);
    expect(lock.mock.calls[0]?.[1]?.lockTimeout).toBeLessThanOrEqual(5);
  });

  it('fails pending operations with CONNECTION_LOST and pending writes with COMMIT_UNKNOWN, and resends nothing', async () => {
    const { store, port } = await serve();
    const proxy = await openProxy(port);
    const client = await connect({ port: proxy.port });
    onTestFinished(() => client.close());
    const committing = await client.begin();
    await committing.put('committed', 1);
    const reading = await client.begin();
    const idle = await client.begin();
    const commits = vi.fn();
    store.on('commit', commits);
    proxy.last.toClient.hold();
    const outcomes = Promise.allSettled([
      committing.commit(),
      client.put('put', 1),
      client.putMany([['putMany', 1]]),
      client.del('del'),
      client.get('a'),
      reading.get('a'),
      reading.put('never', 1),
      client.begin({ readOnly: true }),
    ]);
    await until(() => commits.mock.calls.length === 3);
    proxy.last.cut();
    const codes = (await outcomes).map((end) => end.status === 'rejected' && end.reason.code);
    expect(codes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => 'COMMIT_UNKNOWN'));
    expect(codes.slice(4)).toEqual(Array.from({ length: 4 }, () => 'CONNECTION_LOST'));
    for (const tx of [reading, idle]) {
      expect(tx.status).toBe('aborted');
      expect(tx.failure).toMatchObject({ code: 'CONNECTION_LOST', transactionId: tx.id });
    }
    expect(committing.failure).toMatchObject({ code: 'COMMIT_UNKNOWN' });
    await expect(idle.get('a')).rejects.toMatchObject({ code: 'CONNECTION_LOST', transactionId: idle.id });
    await expect(committing.get('a')).rejects.toMatchObject({ code: 'COMMIT_UNKNOWN' });
    // The client reconnects, and every write was made exactly once.
    expect(await client.getMany(['committed', 'put', 'putMany', 'never'])).toEqual([1, 1, 1, undefined]);
    expect(commits.mock.calls.length).toBe(3);
    await until(() => store.stats().activeTransactions === 0);
  });

  it('lets new work wait for a new connection, but not longer than reconnectTimeout', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve();
    const proxy = await openProxy(port);
    const client = await connect({ port: proxy.port, clock, reconnectTimeout: 5_000, random: () => 0.5 });
    onTestFinished(() => client.close());
    const tx = await client.begin();
    proxy.isDown = true;
    proxy.cutAll();
    await until(() => tx.status === 'aborted');
    const tooSoon = client.begin().catch((error) => error);
    const abort = new AbortController();
    const cancelled = client.get('a', { signal: abort.signal }).catch((error) => error);
    // Each attempt comes after half of the backoff, which doubles up to 2 s: 25, 50, 100, … ms. Two waits
    // keep the process alive. The timer of the next attempt does not.
    const isWaiting = (): boolean => clock.pendingTimers === 3 && clock.keepAliveTimers === 2;
    for (const [attempts, backoff] of [25, 50, 100, 200, 400, 800, 1_000, 1_000].entries()) {
      await until(isWaiting);
      clock.advance(backoff - 1);
      expect(isWaiting(), `before ${backoff}`).toBe(true);
      clock.advance(1);
      await until(() => proxy.refused === attempts + 1);
    }
    abort.abort();
    expect(await cancelled).toMatchObject({ code: 'ABORTED' });
    clock.advance(5_000);
    expect(await tooSoon).toMatchObject({ code: 'CONNECTION_LOST', cause: { code: 'CONNECTION_LOST' } });
    proxy.isDown = false;
    const inTime = client.transaction((tx) => tx.put('a', 1));
    const move = setInterval(() => clock.advance(100), 0);
    onTestFinished(() => clearInterval(move));
    await inTime;
    expect(await store.get('a')).toBe(1);
  });

  it('copies its arguments during the call, also without a connection', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve();
    const proxy = await openProxy(port);
    const client = await connect({ port: proxy.port, clock });
    onTestFinished(() => client.close());
    await store.put('b', 2);
    const tx = await client.begin();
    proxy.isDown = true;
    proxy.cutAll();
    await until(() => tx.status === 'aborted');
    const [value, entry, keys] = [{ n: 1 }, ['a', 1] as [string, unknown], ['b']];
    const work = [client.put('k', value), client.putMany([entry]), client.getMany(keys)] as const;
    value.n = 2;
    entry[0] = 'other';
    keys[0] = 'other';
    proxy.isDown = false;
    const move = setInterval(() => clock.advance(100), 0);
    onTestFinished(() => clearInterval(move));
    expect((await Promise.all(work))[2]).toEqual([2]);
    expect(await store.getMany(['k', 'a', 'other'])).toEqual([{ n: 1 }, 1, undefined]);
  });

  it('retries a transaction whose connection was lost before its commit, also on a new server with smaller ids', async () => {
    const first = new MemStore();
    let server = await startServer(first, { port: 0 });
    const port = server.port ?? 0;
    const client = await connect({ port });
    onTestFinished(() => client.close());
    // This makes the ids of the first server greater than those of the second.
    for (let count = 0; count < 5; count++) await (await client.begin()).rollback();
    let attempts = 0;
    const second = new MemStore<Record<string, unknown>>();
    await client.transaction(async (tx) => {
      await tx.put('a', 1);
      if (++attempts > 1) return;
      await server.close({ drainTimeout: 0 });
      server = await startServer(second, { port });
    });
    expect(attempts).toBe(2);
    expect(await first.get('a')).toBeUndefined();
    expect(await second.get('a')).toBe(1);
    await client.close();
    await server.close();
  });

  it('leaves a closing server, and open transactions fail with a retryable error', async () => {
    const store = new MemStore();
    const server = await startServer(store, { port: 0 });
    const client = await connect({ port: server.port ?? 0, reconnectTimeout: 0 });
    const holder = await store.begin();
    await holder.put('held', 1);
    const waiting = client.put('held', 2);
    const tx = await client.begin();
    await tx.put('a', 1);
    await until(() => store.locks().waiting.length === 1);
    const closed = server.close();
    // The last answer arrives after the closing notice.
    await holder.commit();
    await waiting;
    await expect(tx.commit()).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    await closed;
    expect(await store.get('a')).toBeUndefined();
    expect(await store.get('held')).toBe(2);
    await expect(client.begin()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await client.close();
    expect(store.stats().activeTransactions).toBe(0);
    await store.close();
  });

  it('detects a dead connection while an operation is pending', async () => {
    const clock = new FakeClock();
    const { port } = await serve();
    const proxy = await openProxy(port);
    const client = await connect({ port: proxy.port, clock, heartbeat: 1_000, reconnectTimeout: 0 });
    onTestFinished(() => client.close());
    clock.advance(10_000);
    expect(await client.get('a')).toBeUndefined();
    const { last } = proxy;
    last.toServer.hold();
    const lost = client.get('a').catch((error) => error);
    await until(() => last.toServer.received > last.toServer.delivered);
    clock.advance(999);
    expect(last.isCut).toBe(false);
    clock.advance(2_001);
    expect(await lost).toMatchObject({ code: 'CONNECTION_LOST' });
    await until(() => last.isCut);
  });

  it('keeps a connection whose server answers late but responds to pings', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve();
    const proxy = await openProxy(port);
    const client = await connect({ port: proxy.port, clock, heartbeat: 1_000 });
    onTestFinished(() => client.close());
    const holder = await store.begin();
    await holder.put('a', 1);
    const waiting = client.put('a', 2, { lockTimeout: 1e6 });
    await until(() => store.locks().waiting.length === 1);
    const { toClient } = proxy.last;
    for (let beat = 0; beat < 10; beat++) {
      const before = toClient.delivered;
      clock.advance(1_000);
      await until(() => toClient.delivered > before);
      // When this get is answered, the ping before it was answered too.
      await client.get('b');
    }
    await holder.rollback();
    await waiting;
    expect(proxy.last.isCut).toBe(false);
  });

  it('leaves no timer and no transaction behind when it is closed, with or without a connection', async () => {
    const clock = new FakeClock();
    const { port, store } = await serve();
    const proxy = await openProxy(port);
    for (const isLost of [false, true]) {
      const client = await connect({ port: proxy.port, clock });
      await (await client.begin()).put('a', 1);
      const pending = [client.get('b'), client.begin()];
      if (isLost) {
        proxy.isDown = true;
        proxy.cutAll();
      }
      const ends = Promise.allSettled([...pending, client.get('c')]);
      await client.close();
      await ends;
      await until(() => store.stats().activeTransactions === 0);
      expect(clock.pendingTimers).toBe(0);
      await expect(client.get('a')).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    }
  });

  it('parses a deadlock error with keys of the maximum length', async () => {
    const { connect: join } = await serve();
    const client = await join();
    const [a, b] = ['a'.repeat(262_144), '\u0001'.repeat(262_144)] as const;
    const [older, younger] = [await client.begin(), await client.begin()];
    await older.put(a, 1);
    await younger.put(b, 1);
    const waiting = older.put(b, 1);
    await expect(younger.put(a, 1)).rejects.toMatchObject({ code: 'DEADLOCK', cycle: [{}, {}] });
    await waiting;
    await older.commit();
  });

  it('sends and receives values larger than the socket buffer', async () => {
    const { connect: join } = await serve();
    const client = await join();
    const value = Uint8Array.from({ length: 5_000_000 }, (_, index) => index % 251);
    await Promise.all([client.put('a', value), client.put('b', 'ä'.repeat(3_000_000))]);
    expect(Buffer.compare((await client.get('a')) as Uint8Array, value)).toBe(0);
    expect(await client.get('b')).toHaveLength(3_000_000);
  });
});
