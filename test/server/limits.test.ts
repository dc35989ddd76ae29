import { readFileSync } from 'node:fs';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { addressGroup } from '../../src/server/address-group.ts';
import { resolveServerOptions } from '../../src/server/server-options.ts';
import { openPeer, type Peer } from './peer.ts';
import { serve, until } from './serve.ts';

const KIB = 1024;

describe('the limits of a server', () => {
  const operating = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  /**
   * Matches a table row: the name, number and unit of a default, and the fraction of maxBufferedBytes that
   * bounds the default.
   */
  const row = /^\| `(\w+)` \| ((?:\d{1,3} )*\d+)(?!\/)( MiB| s\b)?(?:[^|]*at most 1\/(\d+))?/gm;
  const documented = [...operating.matchAll(row)];
  const UNITS: Readonly<Record<string, number>> = { ' MiB': 1024 ** 2, ' s': 1_000 };

  it('have the defaults that docs/operating.md documents', () => {
    const limits: Readonly<Record<string, number>> = resolveServerOptions({}).limits;
    const { maxBufferedBytes = 0 } = limits;
    const names = documented.map(([, name = '', count = '', unit = '', part]) => {
      const most = Number(count.replaceAll(' ', '')) * (UNITS[unit] ?? 1);
      expect(limits[name], name).toBe(
        part === undefined ? most : Math.min(most, Math.floor(maxBufferedBytes / Number(part))),
      );
      return name;
    });
    expect(names.sort()).toEqual(
      Object.keys(limits)
        .filter((name) => !['maxBufferedBytes', 'maxIdleTimeout'].includes(name))
        .sort(),
    );
  });

  it('are fractions of a small maxBufferedBytes', () => {
    const limits: Readonly<Record<string, number>> = resolveServerOptions({
      limits: { maxBufferedBytes: 16_000 },
    }).limits;
    const parts = documented.filter(([, , , , part]) => part !== undefined);
    expect(parts).toHaveLength(5);
    for (const [, name = '', , , part] of parts) expect(limits[name], name).toBe(16_000 / Number(part));
  });
});

describe('a server limits', () => {
  it('the length of keys, and the connection stays open', async () => {
    const { port } = await serve({ limits: { maxKeyLength: 3 } });
    const peer = await openPeer({ port });
    peer.command('GET', 'abcd');
    peer.command('GET', 'abc');
    expect(await peer.lines(2)).toEqual([expect.stringMatching(/^-LIMIT_EXCEEDED /), '$-1']);
  });

  const wide: readonly (readonly [name: string, limits: object, bytes: string])[] = [
    ['values', { maxValueBytes: 10 }, '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$11\r\n'],
    ['the number of words of a request', { maxArguments: 3 }, '*4\r\n'],
    ['the bytes of a request', { maxRequestBytes: 40 }, '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$41\r\n'],
    ['the bytes of a line with an end', { maxLineBytes: 10 }, 'PUT a 12345\n'],
    ['the bytes of a line without an end', { maxLineBytes: 10 }, 'PUT a 12345'],
  ];
  for (const [name, limits, bytes] of wide) {
    it(`${name}, before all bytes have arrived, and closes the connection`, async () => {
      const { port, store } = await serve({ limits });
      const peer = await openPeer({ port });
      peer.send(bytes);
      expect(await peer.end()).toContain('LIMIT_EXCEEDED');
      expect(await store.get('a')).toBeUndefined();
    });
  }

  it('lines of 5 MB with any content', async () => {
    const { port } = await serve();
    for (const filler of ['x', '"', '\\"', ' ', '*', '\0']) {
      const peer = await openPeer({ port });
      peer.send(`PUT a "${filler.repeat(5e6 / filler.length)}\n`);
      expect(await peer.end(), JSON.stringify(filler)).toContain('LIMIT_EXCEEDED');
    }
  });

  it('the words of a line, and the connection stays open', async () => {
    const { port } = await serve({ limits: { maxArguments: 3 } });
    const peer = await openPeer({ port });
    expect(await peer.ask('MGET a b c')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await peer.ask('MGET a b')).toMatchObject({ status: 'Ok' });
  });

  it('the size of replies in every form, and the connection stays open', async () => {
    const { store, port } = await serve({ limits: { maxReplyBytes: 1_000 } });
    await store.put('a', 'x'.repeat(400));
    await store.put('b', { text: 'y'.repeat(400) });
    for (const greeting of ['', '2', '3']) {
      const peer = await openPeer({ port });
      const isLine = greeting === '';
      if (!isLine) {
        peer.command('HELLO', greeting);
        await peer.until('modules\r\n*0\r\n');
      }
      for (const words of [
        ['MGET', 'a', 'a', 'a'],
        ['MGET', 'b', 'b', 'b'],
        ['TX', '9', 'PING'],
      ]) {
        if (isLine) peer.send(`${words.join(' ')}\n`);
        else peer.command(...words);
      }
      const [first = '', second = '', third = ''] = await peer.lines(3);
      expect(first, greeting).toContain('LIMIT_EXCEEDED');
      expect(second, greeting).toContain('LIMIT_EXCEEDED');
      expect(third, greeting).toContain('PONG');
    }
    for (let key = 0; key < 20; key++) await store.put(`c${key}`, 'z'.repeat(100));
    const peer = await openPeer({ port });
    expect(await peer.ask('ENTRIES PREFIX c')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await peer.ask('SHOWALL')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await peer.ask('ENTRIES PREFIX c LIMIT 2')).toMatchObject({ status: 'Ok' });
  });

  it('the open transactions of a connection', async () => {
    const { port } = await serve({ limits: { maxTransactions: 2 } });
    const peer = await openPeer({ port });
    const other = await openPeer({ port });
    await peer.ask('BEGIN');
    await peer.ask('BEGIN READONLY');
    expect(await peer.ask('BEGIN')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await other.ask('BEGIN')).toMatchObject({ status: 'Ok' });
    await peer.ask('COMMIT 2');
    expect(await peer.ask('BEGIN')).toMatchObject({ status: 'Ok' });
  });

  it('the idle timeout that a client requests, by that of the store or by maxIdleTimeout', async () => {
    const cases = [
      [{}, { idleTimeout: 1_000 }, 1_000],
      [{}, {}, 60_000],
      [{ maxIdleTimeout: 5_000 }, { idleTimeout: 1_000 }, 5_000],
      [{ maxIdleTimeout: 500 }, { idleTimeout: 1_000 }, 500],
      [{ maxIdleTimeout: Number.POSITIVE_INFINITY }, {}, Number.POSITIVE_INFINITY],
    ] as const;
    for (const [limits, options, most] of cases) {
      const clock = new FakeClock();
      const { port, store, connect: join } = await serve({ limits }, { clock, ...options });
      const [peer, client] = [await openPeer({ port }), await join()];
      expect(await peer.ask(`BEGIN IDLETIMEOUT ${most}`)).toMatchObject({ status: 'Ok' });
      expect(await peer.ask(`BEGIN READONLY IDLETIMEOUT ${most}`)).toMatchObject({ status: 'Ok' });
      const [tx, snapshot] = [
        await client.begin({ idleTimeout: 100 }),
        await client.begin({ idleTimeout: most, readOnly: true }),
      ];
      await tx.get('k');
      clock.advance(110);
      expect(store.stats()).toMatchObject({ activeTransactions: 1, activeSnapshots: 2 });
      await expect(tx.get('k')).rejects.toMatchObject({ code: 'TRANSACTION_EXPIRED' });
      await snapshot.commit();
      if (most === Number.POSITIVE_INFINITY) continue;
      for (const tooLong of [most + 1, Number.POSITIVE_INFINITY]) {
        const refused = { code: 'LIMIT_EXCEEDED', message: expect.stringContaining(`at most ${most} ms`) };
        await expect(client.begin({ idleTimeout: tooLong })).rejects.toMatchObject(refused);
        await expect(client.transaction(() => 1, { idleTimeout: tooLong })).rejects.toMatchObject(refused);
        expect(await peer.ask(`BEGIN IDLETIMEOUT ${tooLong}`)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
      }
      expect(await peer.ask('BEGIN IDLETIMEOUT 0')).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('the open scans of a connection, and an expired transaction frees its scans', async () => {
    const clock = new FakeClock();
    const { store, port } = await serve({ limits: { maxCursors: 1 } }, { clock, idleTimeout: 1_000 });
    await store.putMany([
      ['a', 1],
      ['b', 2],
    ]);
    const peer = await openPeer({ port });
    await peer.ask('BEGIN');
    await peer.ask('TX 2 ENTRIES CREDIT 1');
    expect(await peer.ask('ENTRIES CREDIT 1')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    clock.advance(3_000);
    expect(store.stats().activeTransactions).toBe(0);
    expect(await peer.ask('ENTRIES CREDIT 1')).toMatchObject({ status: 'Ok' });
    expect(await peer.ask('ENTRIES CREDIT 1')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await peer.ask('CLOSECURSOR 2')).toEqual({ status: 'Ok' });
    expect(await peer.ask('ENTRIES CREDIT 5')).toMatchObject({ status: 'Ok' });
  });

  it('the savepoints of a transaction', async () => {
    const { port } = await serve({ limits: { maxSavepoints: 1 } });
    const peer = await openPeer({ port });
    await peer.ask('BEGIN');
    expect(await peer.ask('TX 1 SAVEPOINT')).toMatchObject({ result: 1 });
    expect(await peer.ask('TX 1 SAVEPOINT')).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('the number of connections, and sends an error to the next one', async () => {
    const { port, server } = await serve({ limits: { maxConnections: 2 } });
    const peers = [await openPeer({ port }), await openPeer({ port })];
    for (const peer of peers) expect(await peer.ask('PING')).toMatchObject({ status: 'Ok' });
    const third = await openPeer({ port });
    expect(await third.end()).toBe(
      '-LIMIT_EXCEEDED The server has too many connections (maxConnections).\r\n',
    );
    peers[0]?.socket.destroy();
    await until(() => server.connections === 1);
    expect(await (await openPeer({ port })).ask('PING')).toMatchObject({ status: 'Ok' });
  });

  it('the number and the bytes of the waiting requests of a connection', async () => {
    for (const limits of [{ maxPipeline: 10 }, { maxPipelineBytes: 21 * KIB }]) {
      const { store, port } = await serve({ limits });
      const key = 'a'.padEnd(KIB, '-');
      const holder = await store.begin();
      await holder.put(key, 0);
      const peer = await openPeer({ port });
      // Each request waits in its own transaction, because each transaction is a lane of its own.
      for (let id = 2; id < 32; id++) peer.command('BEGIN');
      await peer.until(':31\r\n');
      for (let id = 2; id < 32; id++) peer.command('TX', `${id}`, 'GET', key);
      await until(() => store.stats().waitingOperations === 10);
      const other = await openPeer({ port });
      // During these turns the server has time to read more requests, but must not.
      for (let turn = 0; turn < 50; turn++) await other.ask('PING');
      expect(store.stats().waitingOperations).toBe(10);
      await holder.rollback();
      expect(await peer.lines(30)).toEqual(Array.from({ length: 30 }, () => '$-1'));
    }
  });
});

describe('a server with a password', () => {
  const password = 'right';
  async function stranger(options: object = {}): Promise<Peer> {
    const { port } = await serve({ password, ...options });
    return openPeer({ port });
  }

  it('accepts only short requests with few words before authentication', async () => {
    for (const bytes of ['*17\r\n', '*2\r\n$4\r\nAUTH\r\n$4097\r\n', 'A'.repeat(4_097)]) {
      const peer = await stranger();
      peer.send(bytes);
      expect(await peer.end()).toContain('LIMIT_EXCEEDED');
    }
  });

  it('answers only HELLO and AUTH before authentication, and everything else with AUTH_REQUIRED', async () => {
    const peer = await stranger();
    for (const line of [
      'GET a',
      'PUT a 1',
      'BEGIN',
      'INFO',
      'PING',
      'STATS',
      'LOCKS',
      'MUX 1',
      'CLIENT LIST',
    ])
      expect(await peer.ask(line), line).toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(await peer.ask('HELLO 3')).toMatchObject({ code: 'AUTH_REQUIRED' });
    expect(await peer.ask('HELLO 3 AUTH anybody right')).toMatchObject({ result: { proto: 3 } });
    expect(await peer.ask('PUT a 1')).toEqual({ status: 'Ok' });
  });

  it('cuts off a client without a password after authTimeout, even if it sends requests and reads no replies', async () => {
    for (const sent of ['', '*1\r\n$', 'PING\n'.repeat(20_000)]) {
      const clock = new FakeClock();
      const events: unknown[] = [];
      const { port, server } = await serve({
        password,
        clock,
        limits: { authTimeout: 1_000 },
        onEvent: (event) => events.push(event),
      });
      const peer = await openPeer({ port });
      peer.socket.pause();
      peer.send(sent);
      await until(() => server.connections === 1);
      clock.advance(999);
      expect(server.connections).toBe(1);
      clock.advance(1);
      await until(() => server.connections === 0);
      expect(events).toContainEqual({
        type: 'disconnected',
        connection: 1,
        reason: 'the client did not send the password in time (authTimeout)',
      });
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it('keeps a client that gave the password in time', async () => {
    const clock = new FakeClock();
    const peer = await stranger({ clock });
    expect(await peer.ask('AUTH right')).toEqual({ status: 'Ok' });
    clock.advance(1e9);
    expect(await peer.ask('PING')).toMatchObject({ result: 'PONG' });
  });

  it('delays the answer to a wrong password, and runs no command of that client meanwhile', async () => {
    const clock = new FakeClock();
    const failures: unknown[] = [];
    const onEvent = (event: { type: string }): unknown =>
      event.type === 'auth-failed' && failures.push(event);
    const { store, port } = await serve({ password, clock, onEvent, limits: { authFailureDelay: 500 } });
    const peer = await openPeer({ port });
    peer.send('AUTH wrong\nAUTH right\nPUT a 1\n');
    await until(() => failures.length === 1);
    const other = await openPeer({ port });
    expect(await other.ask('AUTH right')).toEqual({ status: 'Ok' });
    clock.advance(499);
    for (let turn = 0; turn < 20; turn++) await other.ask('PING');
    expect(await store.get('a')).toBeUndefined();
    clock.advance(1);
    const answers = await peer.lines(3);
    expect(answers.map((answer) => JSON.parse(answer))).toMatchObject([
      { code: 'AUTH_FAILED' },
      { status: 'Ok' },
      { status: 'Ok' },
    ]);
    expect(await store.get('a')).toBe('1');
  });

  it('checks no more passwords from an address after too many wrong ones, and still checks other addresses', async () => {
    const clock = new FakeClock();
    let failures = 0;
    const onEvent = ({ type }: { readonly type: string }): unknown => type === 'auth-failed' && failures++;
    const limits = { authFailureDelay: 500, maxAuthFailures: 2 };
    const { port, store } = await serve({ password, clock, onEvent, limits });
    const guesses: Peer[] = [];
    for (let count = 0; count < 4; count++) guesses.push(await openPeer({ port }));
    const [wrong, alsoWrong, waits, knows] = guesses as [Peer, Peer, Peer, Peer];
    wrong.send('AUTH wrong\n');
    await until(() => failures === 1);
    alsoWrong.send('AUTH wrong\n');
    await until(() => failures === 2);
    waits.send('AUTH wrong\n');
    const other = await openPeer({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    expect(await other.ask('AUTH right')).toEqual({ status: 'Ok' });
    for (let turn = 0; turn < 20; turn++) await other.ask('PING');
    knows.send('AUTH right\nPUT a 1\n');
    clock.advance(249);
    for (let turn = 0; turn < 20; turn++) await other.ask('PING');
    expect(failures).toBe(2);
    expect(await store.get('a')).toBeUndefined();
    // After half of the delay one more guess from this address is checked. The newest guess goes first.
    clock.advance(1);
    expect((await knows.lines(2)).map((line) => JSON.parse(line))).toEqual([
      { status: 'Ok' },
      { status: 'Ok' },
    ]);
    expect(failures).toBe(3);
    clock.advance(250);
    expect(await wrong.lines(1)).toEqual(await alsoWrong.lines(1));
    clock.advance(250);
    expect(await waits.lines(1)).toMatchObject([expect.stringContaining('AUTH_FAILED')]);
  });

  it('does not check the password of a client that was cut off', async () => {
    const clock = new FakeClock();
    let failures = 0;
    const onEvent = ({ type }: { readonly type: string }): unknown => type === 'auth-failed' && failures++;
    const limits = { authFailureDelay: 500, maxAuthFailures: 1, authTimeout: 400 };
    const { port, server } = await serve({ password, clock, onEvent, limits });
    const [wrong, waits] = [await openPeer({ port }), await openPeer({ port })];
    wrong.send('AUTH wrong\n');
    await until(() => failures === 1);
    waits.send('AUTH wrong\n');
    await until(() => server.connections === 2);
    clock.advance(400);
    expect(await waits.end()).toBe('');
    clock.advance(100);
    expect(failures).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the address group', () => {
  it.each([
    [undefined, 'unix'],
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8:1::4:5:6:7', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
    ['fe80::2%eth0', 'fe80:0:0:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4'],
  ])('%s is of %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});
