import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { connect, startServer, type Transaction } from 'memstore-tx';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openProxy } from '../proof/faults/open-proxy.ts';
import { type Served, serve, until } from '../server/serve.ts';

type Proxy = Awaited<ReturnType<typeof openProxy>>;
type Client = Awaited<ReturnType<Served<Record<string, unknown>>['connect']>>;

/** Connects a client through a proxy. The client has reserved ids. */
async function openBehindProxy(port: number): Promise<{ client: Client; proxy: Proxy }> {
  const proxy = await openProxy(port);
  const client = await connect<Record<string, unknown>>({ port: proxy.port, reconnectTimeout: 0 });
  onTestFinished(() => client.close());
  await (await client.begin()).rollback();
  return { client, proxy };
}

describe('the begin of a transaction', () => {
  it('does not wait for an answer, and is sent in one write with the first operation', async () => {
    const { port, connect: join, store } = await serve();
    const client = await join();
    await (await client.begin()).rollback();
    const write = vi.spyOn(Socket.prototype, 'write');
    onTestFinished(() => write.mockRestore());
    const tx = await client.begin();
    await tx.getForUpdate('a');
    await tx.put('a', 1);
    const { held } = store.locks();
    await tx.commit();
    const sent = write.mock.contexts.filter((socket) => (socket as Socket).remotePort === port);
    // The first write has BEGIN and GETFORUPDATE, the second has PUT and COMMIT.
    expect(sent).toHaveLength(2);
    expect(held).toEqual([{ transactionId: tx.id, key: 'a', mode: 'exclusive' }]);
    expect(await store.get('a')).toBe(1);
  });

  it('assigns each transaction its own id in ascending order, for any number of concurrent begins', async () => {
    const { connect: join, store } = await serve();
    const [client, other] = [await join(), await join()];
    const all = await Promise.all(
      Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? other : client).begin()),
    );
    for (const part of [0, 1]) {
      const ids = all.filter((_, index) => (index % 3 === 0) === (part === 0)).map(({ id }) => id);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
    expect(new Set(all.map(({ id }) => id)).size).toBe(300);
    await Promise.all(all.map((tx) => tx.put(`${tx.id}`, tx.id)));
    for (const { key, transactionId } of store.locks().held) expect(key).toBe(`${transactionId}`);
    const [snapshot, last] = [await client.begin({ readOnly: true }), await client.begin()];
    expect(last.id - snapshot.id).toBe(1);
    await snapshot.commit();
    await client.commitAll();
    await other.commitAll();
    expect(store.stats()).toMatchObject({ entries: 300, activeTransactions: 0 });
  });

  it('reserves more ids when a snapshot takes the last one', async () => {
    const { connect: join } = await serve();
    const client = await join();
    const write = vi.spyOn(Socket.prototype, 'write');
    onTestFinished(() => write.mockRestore());
    const requests = (): number =>
      write.mock.calls.filter(([sent]) => Buffer.from(sent).includes('RESERVE')).length;
    const first = await client.begin();
    expect(requests()).toBe(1);
    for (let count = 1; count < 64; count++) await (await client.begin({ readOnly: true })).commit();
    expect(requests()).toBe(2);
    const next = await client.begin();
    expect(next.id - first.id).toBeGreaterThanOrEqual(64);
    await Promise.all([first.rollback(), next.rollback()]);
  });

  it('fails the first operation and the run if the server refuses it', async () => {
    const { connect: join, store } = await serve({ limits: { maxTransactions: 1 } });
    const client = await join();
    const only = await client.begin();
    const refused = await client.begin();
    await expect(refused.put('a', 1)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'The connection has too many open transactions (maxTransactions).',
    });
    expect(refused.status).toBe('aborted');
    await expect(refused.commit()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect((await client.begin()).commit()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(client.transaction((tx) => tx.put('a', 1))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    await only.commit();
    await client.transaction((tx) => tx.put('a', 2));
    expect(await store.get('a')).toBe(2);
  });

  it('waits for an answer if the store limits the number of transactions', async () => {
    const { connect: join, store } = await serve({}, { maxActiveTransactions: 1 });
    const client = await join();
    const first = await client.begin();
    await expect(client.begin({ lockTimeout: 0 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const second = client.begin();
    await first.getForUpdate('a');
    await first.put('a', 1);
    await first.commit();
    await (await second).rollback();
    expect(await store.get('a')).toBe(1);
  });

  it('waits for an answer if the served store is itself a client of another server', async () => {
    const { connect: join, store } = await serve();
    const middle = await startServer(await join(), { port: 0 });
    const client = await connect<Record<string, unknown>>({ port: middle.port ?? 0 });
    onTestFinished(async () => {
      await client.close();
      await middle.close();
    });
    const tx = await client.begin();
    await tx.put('a', 1);
    await tx.put('a', 2);
    expect(store.locks().held).toEqual([{ transactionId: tx.id, key: 'a', mode: 'exclusive' }]);
    await tx.commit();
    expect(await store.get('a')).toBe(2);
  });

  it('waits for an answer from a server without reserved ids', async () => {
    const requests: string[] = [];
    const server = createServer((socket) => {
      socket.setEncoding('latin1').on('data', (text: string) => {
        for (const request of text.split(/^\*\d+\r\n/m).filter(Boolean)) {
          const [tag = '', verb = ''] = request.split('\r\n').filter((_, index) => index % 2 === 1);
          requests.push(verb);
          if (tag === 'HELLO') socket.write('%0\r\n');
          else if (tag === 'MUX') socket.write('%1\r\n$3\r\nmux\r\n:1\r\n');
          else socket.write(`*2\r\n:${tag}\r\n${verb === 'BEGIN' ? ':5' : '+OK'}\r\n`);
        }
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const client = await connect({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
    onTestFinished(async () => {
      await client.close();
      server.close();
    });
    const tx = await client.begin();
    expect(tx.id).toBe(5);
    await tx.put('a', 1);
    await tx.put('a', 2);
    await tx.commit();
    expect(requests).toEqual(['3', '1', 'BEGIN', 'TX', 'TX', 'TX']);
  });
});

describe('a put of a key that the transaction holds', () => {
  it('does not wait for an answer, unlike a put that may have to wait for a lock', async () => {
    const { port, store } = await serve();
    const { client, proxy } = await openBehindProxy(port);
    const tx = await client.begin();
    await tx.getForUpdate('read');
    await tx.put('put', 1);
    await tx.putMany([
      ['many', 1],
      ['more', 1],
    ]);
    await tx.del('deleted');
    for await (const _ of tx.entries({ prefix: 'read', forUpdate: true }));
    proxy.last.toClient.hold();
    await tx.put('read', 2);
    await tx.put('put', 2);
    await tx.putMany([
      ['more', 2],
      ['many', 2],
    ]);
    await tx.put('deleted', 2);
    let isDone = false;
    const waiting = tx.putMany([
      ['put', 3],
      ['other', 3],
    ]);
    const behind = tx.put('put', 4);
    for (const pending of [waiting, behind]) pending.then(() => (isDone = true));
    await until(() => proxy.last.toClient.received > proxy.last.toClient.delivered);
    expect(isDone).toBe(false);
    proxy.last.toClient.release();
    await tx.commit();
    const keys = ['read', 'put', 'many', 'more', 'deleted', 'other'];
    expect(await store.getMany(keys)).toEqual([2, 4, 2, 2, 2, 3]);
  });

  it('ends the transaction if it fails, so that no write of it is stored', async () => {
    const { connect: join, store } = await serve({}, { maxTransactionWrites: 1 });
    const client = await join();
    const begin = async (): Promise<Transaction<Record<string, unknown>>> => {
      const tx = await client.begin();
      await tx.put('a', 1);
      await tx.getForUpdate('b');
      await tx.put('b', 1);
      return tx;
    };
    const error = { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('maxTransactionWrites') };
    const first = await begin();
    await expect(first.commit()).rejects.toMatchObject(error);
    expect(first.status).toBe('aborted');
    const second = await begin();
    await expect(second.get('a')).rejects.toMatchObject(error);
    await expect(second.put('a', 2)).rejects.toMatchObject(error);
    await expect(second.commit()).rejects.toMatchObject(error);
    await second.rollback();
    const third = await begin();
    expect(third.failure).toBeUndefined();
    await until(() => third.failure !== undefined);
    expect(third).toMatchObject({ status: 'aborted', failure: error });
    await third.rollback();
    expect(third.failure).toMatchObject(error);
    let runs = 0;
    const run = client.transaction(async (tx) => {
      runs++;
      await tx.put('a', 1);
      await tx.getForUpdate('b');
      await tx.put('b', 1);
    });
    await expect(run).rejects.toMatchObject(error);
    expect(runs).toBe(1);
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('is refused immediately if the client can detect the error', async () => {
    const { connect: join, store } = await serve({ limits: { maxValueBytes: 100 } });
    const client = await join();
    const tx = await client.begin();
    await tx.put('a', 1);
    await expect(tx.put('a', 'x'.repeat(101))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(tx.put('a', () => {})).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    await expect(tx.put('a', 2, { ttl: -1 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(tx.put('a', 2, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
    await tx.commit();
    await expect(tx.put('a', 2)).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' });
    expect(await store.get('a')).toBe(1);
  });

  it('is lost with the connection; a commit that was sent fails with COMMIT_UNKNOWN, otherwise with CONNECTION_LOST', async () => {
    const { port, store } = await serve();
    for (const isSent of [false, true]) {
      const { client, proxy } = await openBehindProxy(port);
      const tx = await client.begin();
      await tx.getForUpdate('a');
      proxy.last.toServer.hold();
      await tx.put('a', 1);
      const committed = isSent ? tx.commit() : undefined;
      committed?.catch(() => {});
      await until(() => proxy.last.toServer.received > proxy.last.toServer.delivered);
      proxy.last.cut();
      await until(() => tx.status === 'aborted');
      const code = isSent ? 'COMMIT_UNKNOWN' : 'CONNECTION_LOST';
      expect(tx.failure).toMatchObject({ code, retryable: !isSent });
      await expect(committed ?? tx.get('a')).rejects.toBe(tx.failure);
      await until(() => store.stats().activeTransactions === 0);
      expect(await store.get('a')).toBeUndefined();
    }
  });

  it('waits for an answer behind a pending operation, so that rollbackTo cancels both', async () => {
    const { connect: join, store } = await serve();
    const holder = await store.begin();
    await holder.put('b', 'held');
    const client = await join();
    const tx = await client.begin();
    await tx.put('a', 1);
    const savepoint = await tx.savepoint();
    const operations = [tx.get('b'), tx.put('a', 2)];
    const ends = Promise.allSettled(operations);
    await until(() => store.locks().waiting.length === 1);
    await tx.rollbackTo(savepoint);
    expect(await ends).toMatchObject([{ reason: { code: 'ABORTED' } }, { reason: { code: 'ABORTED' } }]);
    await tx.commit();
    await holder.rollback();
    expect(await store.get('a')).toBe(1);
  });

  it('waits for an answer if many bytes are buffered, which bounds memory and gives other work a turn', async () => {
    const { connect: join, store } = await serve();
    const client = await join();
    const tx = await client.begin();
    await tx.put('a', 1);
    let hasTurned = false;
    setImmediate(() => (hasTurned = true));
    for (let count = 0; count < 40; count++) await tx.put('a', `${count}`.repeat(10_000));
    expect(hasTurned).toBe(true);
    await tx.commit();
    expect(await store.get('a')).toBe('39'.repeat(10_000));
  });
});
