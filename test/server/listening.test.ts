import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect,
  MemStore,
  type MemStoreError,
  type MemStoreServer,
  type ServerOptions,
  startServer,
} from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { openPeer } from './peer.ts';
import { until } from './serve.ts';

interface Identity {
  readonly key: string;
  readonly cert: string;
}

/** Creates a self-signed certificate for this machine. */
async function identity(name: string): Promise<Identity> {
  const names = [
    { type: 2, value: 'localhost' },
    { type: 7, ip: '127.0.0.1' },
  ] as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...names] },
    ],
  });
  return { key, cert };
}

async function listen(options: ServerOptions): Promise<MemStoreServer> {
  const store = new MemStore();
  const server = await startServer(store, { port: 0, ...options });
  onTestFinished(async () => {
    await server.close({ drainTimeout: 0 });
    await store.close();
  });
  return server;
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'memstore-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('TLS', () => {
  let server: Identity;
  let client: Identity;
  let stranger: Identity;
  beforeAll(async () => {
    [server, client, stranger] = (await Promise.all(['server', 'client', 'stranger'].map(identity))) as [
      Identity,
      Identity,
      Identity,
    ];
  });

  it('serves clients that trust the server', async () => {
    const { port } = await listen({ tls: { ...server } });
    const remote = await connect({ port, host: 'localhost', tls: { ca: server.cert } });
    await remote.transaction((tx) => tx.put('a', new Map([[1, 2]])));
    expect(await remote.get('a')).toEqual(new Map([[1, 2]]));
    await remote.close();
    await expect(connect({ port, tls: {} })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await expect(connect(`memstores://localhost:${port}`)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('is suggested to clients without TLS, and clients with TLS are told if the server has none', async () => {
    const events: unknown[] = [];
    const { port } = await listen({ tls: { ...server }, onEvent: (event) => events.push(event) });
    await expect(connect({ port })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('use memstores://'),
    });
    const http = await openPeer({ port: port ?? 0 });
    http.send('GET / HTTP/1.1\r\n\r\n');
    await http.end();
    await until(() => events.length === 3);
    const refused = { type: 'refused', reason: 'the client does not speak TLS' };
    expect(events.slice(1)).toEqual([refused, refused]);
    const { port: plain } = await listen({});
    await expect(connect({ port: plain, tls: {} })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(
        /does not speak TLS; use memstore:\/\/ instead of memstores:\/\/, or omit the option tls\.$/,
      ),
    });
  });

  it('is suggested if the server answers with a TLS alert', async () => {
    const alert = createServer((socket) => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 70])));
    onTestFinished(() => void alert.close());
    await new Promise<void>((resolve) => alert.listen(0, resolve));
    await expect(connect({ port: (alert.address() as AddressInfo).port })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringContaining('use memstores://'),
    });
  });

  it('is refused with invalid keys and certificates', async () => {
    const refused = { code: 'INVALID_OPTION', message: expect.stringContaining('not in PEM') };
    await expect(startServer(new MemStore(), { tls: { key: 'k', cert: 'c' } })).rejects.toMatchObject(
      refused,
    );
    await expect(connect({ tls: { key: 'k', cert: 'c' } })).rejects.toMatchObject(refused);
  });

  it('accepts only clients with a trusted certificate, if it requires certificates', async () => {
    const events: unknown[] = [];
    const { port } = await listen({
      host: '0.0.0.0',
      tls: { ...server, ca: client.cert, requestCert: true },
      onEvent: (event) => events.push(event),
    });
    const remote = await connect({ port, tls: { ca: server.cert, ...client } });
    await remote.put('a', 1);
    await remote.close();
    for (const tls of [{ ca: server.cert }, { ca: server.cert, ...stranger }])
      await expect(connect({ port, tls })).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    const refusals = (): string[] =>
      events.flatMap((event) =>
        (event as { reason?: string; type: string }).type === 'refused'
          ? [(event as { reason: string }).reason]
          : [],
      );
    await until(() => refusals().length === 2);
    expect(refusals()).toEqual([
      'the client sent no certificate',
      'the certificate of the client is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ]);
  });

  it('has connections without a finished handshake count as clients, and close() does not wait for them', async () => {
    const clock = new FakeClock();
    const events: unknown[] = [];
    const tls = await listen({
      tls: { ...server },
      clock,
      limits: { maxConnections: 2 },
      onEvent: (event) => events.push(event),
    });
    const sockets = [1, 2, 3].map(() => connectTcp(tls.port ?? 0).on('error', () => {}));
    const refused = { type: 'refused', reason: 'there are too many connections (maxConnections)' };
    await until(() => events.some((event) => JSON.stringify(event) === JSON.stringify(refused)));
    await tls.close();
    await until(() => sockets.every(({ closed }) => closed));
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(events.at(-1)).toEqual({ type: 'closed' });
  });
});

describe('a server', () => {
  it('listens on other addresses than loopback only with a password or client certificates', async () => {
    const store = new MemStore();
    const tls = { key: 'k', cert: 'c' };
    for (const options of [
      {},
      { tls },
      { tls: { ...tls, requestCert: true } },
      { tls: { ...tls, requestCert: true, ca: 'c', rejectUnauthorized: false } },
    ])
      for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com'])
        await expect(startServer(store, { port: 0, host, ...options })).rejects.toMatchObject({
          code: 'INVALID_OPTION',
        });
    await listen({ host: '0.0.0.0', password: 'secret' });
    for (const host of ['127.0.0.1', 'localhost', '127.1.2.3']) await listen({ host });
    for (const password of ['', 5])
      await expect(startServer(store, { port: 0, password: password as string })).rejects.toMatchObject({
        code: 'INVALID_OPTION',
      });
    await expect(startServer(store, { limits: { maxStuff: 1 } as object })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('requires its password, also in a connection string', async () => {
    const { port } = await listen({ password: 'p@ss word', limits: { authFailureDelay: 0 } });
    const remote = await connect(`memstore://anybody:p%40ss%20word@127.0.0.1:${port}`);
    await remote.put('a', 1);
    await remote.close();
    await expect(connect({ port })).rejects.toMatchObject({ code: 'AUTH_REQUIRED' });
    await expect(connect({ port, password: 'wrong' })).rejects.toMatchObject({ code: 'AUTH_FAILED' });
    for (const url of [
      'http://a',
      'memstore://',
      'memstore://host/path',
      'memstore://host?x=1',
      'nonsense:secret@x',
      'memstore://me:secret',
      'memstore+unix:///%zz',
    ])
      await expect(connect(url)).rejects.toSatisfy(
        (error: MemStoreError) => error.code === 'INVALID_OPTION' && !/secret|%zz/.test(error.message),
      );
    await expect(connect({ host: 'memstore://me:secret@localhost' })).rejects.toSatisfy(
      (error: MemStoreError) => error.code === 'INVALID_OPTION' && !error.message.includes('secret'),
    );
  });

  it('reports a port that is in use', async () => {
    const { port } = await listen({});
    await expect(startServer(new MemStore(), { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('takes over a Unix socket without a listener, and nothing else', async () => {
    const path = join(temporary(), 'store.sock');
    const killed = createServer();
    await new Promise<void>((resolve) => killed.listen(`${path}.old`, resolve));
    // A killed server leaves its socket file behind.
    renameSync(`${path}.old`, path);
    await new Promise((resolve) => killed.close(resolve));
    const server = await listen({ path });
    expect(server.address).toBe(path);
    const remote = await connect(`memstore+unix://${path}`);
    await remote.put('a', 1);
    await expect(startServer(new MemStore(), { path })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(await remote.get('a')).toBe(1);
    await remote.close();
    const file = join(temporary(), 'file');
    writeFileSync(file, 'precious');
    await expect(startServer(new MemStore(), { path: file })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await expect(startServer(new MemStore(), { path: join(file, 'sock') })).rejects.toMatchObject({
      syscall: 'listen',
    });
  });
});

// The table in which Linux lists the timers of its sockets.
const socketTable = '/proc/net/tcp';
const missingTable = existsSync(socketTable) ? undefined : `this machine has no ${socketTable}`;

/**
 * Returns the time until the next keep-alive probe of each connection of the port, in hundredths of a second.
 * The timer of keep-alive probes has the number 02.
 */
function keepAlives(port: number): number[] {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const ofServer = new RegExp(`^ *\\d+: \\S+:${local} \\S+ 01 \\S+ 02:([0-9A-F]+) `, 'gm');
  return [...readFileSync(socketTable, 'utf8').matchAll(ofServer)].map(([, due]) =>
    Number.parseInt(due ?? '', 16),
  );
}

describe.skipIf(missingTable)(`a silent client${skipNote(missingTable)}`, () => {
  it('is probed by TCP keep-alive', async () => {
    const tls = await identity('server');
    for (const options of [{}, { tls: { ...tls } }]) {
      const { port = 0 } = await listen({ ...options, limits: { keepAliveDelay: 500_000 } });
      const peer = await connect({ port, ...('tls' in options ? { tls: { ca: tls.cert } } : {}) });
      // Until its data is acknowledged, a socket has another timer.
      await until(() => keepAlives(port).length > 0);
      const [due] = keepAlives(port);
      expect(due).toBeGreaterThan(40_000);
      expect(due).toBeLessThanOrEqual(50_000);
      await peer.close();
    }
  });
});

describe('a socket path above the length limit of the system', () => {
  it('is refused, because the system would truncate it and use another socket', async () => {
    const path = join(temporary(), 'x'.repeat(110));
    await expect(startServer(new MemStore(), { path })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(connect({ path })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('close() of a server', () => {
  it('finishes running commands, rolls back open transactions, and accepts no new clients', async () => {
    const store = new MemStore();
    const holder = await store.begin();
    await holder.put('a', 'held');
    const server = await startServer(store, { port: 0 });
    const port = server.port ?? 0;
    const [waiting, idle] = [await openPeer({ port }), await openPeer({ port })];
    await idle.ask('BEGIN');
    await idle.ask('PUT b 1 2');
    waiting.send('PUT a waited\n');
    await until(() => store.locks().waiting.length === 1);
    const closed = server.close({ drainTimeout: Number.POSITIVE_INFINITY });
    expect(await idle.end()).toBe('');
    expect(store.stats().activeTransactions).toBe(2);
    await expect(openPeer({ port })).rejects.toBeDefined();
    waiting.send('PUT c late\n');
    await holder.commit();
    expect(await waiting.end()).toBe('{"status":"Ok"}\n');
    await closed;
    expect(await store.getMany(['a', 'b', 'c'])).toEqual(['waited', undefined, undefined]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
    await store.close();
  });

  it('sends a closing notice to a tagged client, also while a command of it waits', async () => {
    const store = new MemStore();
    const holder = await store.begin();
    await holder.put('a', 'held');
    const server = await startServer(store, { port: 0 });
    const peer = await openPeer({ port: server.port ?? 0 });
    peer.command('MUX', '1');
    await peer.until('max-request-bytes\r\n');
    await peer.lines(1);
    peer.command('5', 'SET', 'a', 'waited');
    await until(() => store.locks().waiting.length === 1);
    const closed = server.close();
    await peer.until('*2\r\n:0\r\n+CLOSING\r\n');
    await holder.rollback();
    expect(await peer.end()).toBe('*2\r\n:5\r\n+OK\r\n');
    await closed;
    await store.close();
  });

  it('ends the commands that still run after drainTimeout', async () => {
    const clock = new FakeClock();
    const store = new MemStore();
    const holder = await store.begin();
    await holder.put('a', 'held');
    const server = await startServer(store, { port: 0, clock });
    const peer = await openPeer({ port: server.port ?? 0 });
    peer.send('PUT a waited\n');
    await until(() => store.locks().waiting.length === 1);
    const closed = server.close({ drainTimeout: 3_000 });
    clock.advance(2_999);
    expect(store.locks().waiting.length).toBe(1);
    clock.advance(1);
    expect(JSON.parse(await peer.end())).toMatchObject({ status: 'Error', code: 'ABORTED' });
    await closed;
    expect(clock.pendingTimers).toBe(0);
    await holder.rollback();
    await store.close();
  });
});
