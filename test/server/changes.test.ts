import { FakeClock } from 'memstore-tx/testing';
import { expect, it } from 'vitest';
import { openPeer, type Peer } from './peer.ts';
import { serve, until } from './serve.ts';

async function line(peer: Peer): Promise<Record<string, unknown>> {
  const [text = ''] = await peer.lines(1);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Connects a client that sends tagged requests. */
async function openTagged(port: number): Promise<Peer> {
  const peer = await openPeer({ port });
  peer.command('MUX', '1');
  await peer.until('max-request-bytes');
  await peer.lines(2);
  return peer;
}

const ok = { status: 'Ok' };

it('CHANGES in plain lines sends a line for each batch, until another line comes', async () => {
  const { store, port } = await serve();
  await store.put('order:0', { total: 7 });
  const peer = await openPeer({ port });
  expect(await peer.ask('CHANGES PREFIX order: INITIAL VALUES both')).toEqual({ ...ok, result: 1 });
  const entries = [['order:0', { total: 7 }]];
  const revision = expect.any(String);
  expect(await line(peer)).toEqual({ type: 'snapshot', revision, entries, last: true });
  await store.put('other', 1);
  await store.put('order:0', new Uint8Array([0xff]), { ttl: 60_000 });
  const change = {
    key: 'order:0',
    cause: 'put',
    value: { base64: '/w==' },
    previous: { total: 7 },
    expiresAt: expect.any(Number),
  };
  expect(await line(peer)).toEqual({ type: 'commit', revision, changes: [change] });
  await store.del('order:0');
  expect(await line(peer)).toMatchObject({ type: 'commit', changes: [{ key: 'order:0', cause: 'del' }] });
  expect(await peer.ask('GET other')).toEqual({ ...ok, result: 1 });
  await store.put('order:1', 1);
  expect(await peer.ask('NO SUCH LINE')).toMatchObject({ code: 'UNKNOWN_COMMAND' });
  expect(await peer.ask('CHANGES KEY a')).toEqual({ ...ok, result: 2 });
  expect(await line(peer)).toMatchObject({ type: 'start' });
  expect(await peer.ask('CHANGES KEY a GT b')).toMatchObject({ code: 'INVALID_OPTION' });
});

it('CHANGES in plain lines refuses what the store refuses', async () => {
  const { port } = await serve();
  const peer = await openPeer({ port });
  expect(await peer.ask('CHANGES SINCE nothing')).toMatchObject({ code: 'REVISION_UNKNOWN' });
  expect(await peer.ask('CHANGES MODE oldest')).toMatchObject({ code: 'INVALID_OPTION' });
  expect(await peer.ask('CHANGES MAXBUFFERED 0')).toMatchObject({ code: 'INVALID_OPTION' });
  expect(await peer.ask('BEGIN')).toMatchObject({ status: 'Ok' });
  expect(await peer.ask('TX 1 CHANGES')).toMatchObject({ code: 'INVALID_OPTION' });
  expect(await peer.ask('ROLLBACK 1')).toEqual(ok);
});

it('RESP 3 gets push frames until CLOSECURSOR, and RESP 2 an error', async () => {
  const { store, port } = await serve();
  const peer = await openPeer({ port });
  peer.command('CHANGES');
  expect((await peer.lines(1))[0]).toMatch(/^-INVALID_OPTION CHANGES needs RESP 3/);
  peer.command('HELLO', '3');
  await peer.until('modules\r\n*0\r\n');
  peer.command('CHANGES', 'KEY', 'k');
  expect(await peer.lines(1)).toEqual([':1']);
  expect(await peer.lines(8)).toEqual(['>3', '$7', 'changes', ':1', '*2', '$5', 'start', expect.any(String)]);
  await peer.lines(1);
  await store.put('k', 'v');
  const frame = await peer.until('_\r\n_\r\n');
  expect(frame).toMatch(/^>3\r\n\$7\r\nchanges\r\n:1\r\n\*3\r\n\$6\r\ncommit\r\n/);
  expect(frame).toMatch(/\*1\r\n\*5\r\n\$3\r\nput\r\n\$1\r\nk\r\n\$1\r\nv\r\n_\r\n_\r\n$/);
  peer.command('GET', 'k');
  expect(await peer.lines(2)).toEqual(['$1', 'v']);
  peer.command('CLOSECURSOR', '1');
  expect(await peer.lines(1)).toEqual(['+OK']);
  await store.put('k', 'w');
  peer.command('CHANGES', 'KEY', 'k');
  await peer.until(':2\r\n>3\r\n');
  peer.command('HELLO', '2');
  await peer.until('modules\r\n*0\r\n');
  await store.put('k', 'x');
  peer.command('PING');
  expect(await peer.lines(1)).toEqual(['+PONG']);
});

it('a request that waits for changes blocks no other, nor the end of the server', async () => {
  const { server, store, port } = await serve();
  const peer = await openTagged(port);
  peer.command('1', 'CHANGES');
  await peer.until('start\r\n');
  await peer.lines(2);
  peer.command('2', 'NEXT', '1', '9');
  peer.command('3', 'NEXT', '1', '9');
  expect((await peer.lines(3))[2]).toMatch(/^-LIMIT_EXCEEDED /);
  peer.command('4', 'GET', 'k');
  expect(await peer.lines(3)).toEqual(['*2', ':4', '$-1']);
  await store.put('k', 'v');
  await peer.until(':2\r\n*2\r\n:1\r\n*1\r\n*3\r\n$6\r\ncommit\r\n');
  await peer.until('$-1\r\n$-1\r\n');
  peer.command('5', 'NEXT', '1', '9');
  peer.command('6', 'CLOSECURSOR', '1');
  const answers = await peer.lines(8);
  expect(answers.sort()).toEqual(['*0', '*2', '*2', '*2', '+OK', ':0', ':5', ':6'].sort());
  peer.command('7', 'CHANGES');
  await peer.until('start\r\n');
  await peer.lines(2);
  peer.command('8', 'NEXT', '2', '9');
  await server.close();
  expect(await peer.end()).toBe('*2\r\n:0\r\n+CLOSING\r\n');
});

it('the open feeds of a connection are limited, and end with it', async () => {
  const { server, store, port } = await serve({ limits: { maxFeeds: 1 } });
  const peer = await openTagged(port);
  peer.command('1', 'CHANGES');
  await peer.until('start\r\n');
  await peer.lines(2);
  peer.command('2', 'CHANGES');
  expect((await peer.lines(3))[2]).toMatch(/^-LIMIT_EXCEEDED .*maxFeeds/);
  peer.socket.destroy();
  await until(() => server.connections === 0);
  await store.put('k', 1);
});

it('changes that a feed has not read count as memory of its connection', async () => {
  const clock = new FakeClock();
  const { server, store, port } = await serve({ limits: { maxBufferedBytes: 200_000 }, clock });
  const [watcher, other] = [await openTagged(port), await openTagged(port)];
  // One feed may hold at most `maxReplyBytes`, which is half of the limit.
  for (const tag of ['1', '2']) {
    watcher.command(tag, 'CHANGES');
    await watcher.until('start\r\n');
    await watcher.lines(2);
  }
  await store.put('k', 'x'.repeat(70_000));
  clock.advance(6_000);
  await watcher.end();
  await until(() => server.connections === 1);
  other.command('1', 'PING');
  expect(await other.lines(3)).toEqual(['*2', ':1', '+PONG']);
});

it('a line in the same packet as CHANGES ends the feed', async () => {
  const { store, port } = await serve({ limits: { maxFeeds: 1 } });
  await store.put('k', 1);
  const peer = await openPeer({ port });
  peer.send('CHANGES INITIAL\nGET k\nCHANGES KEY k\n');
  expect(await line(peer)).toMatchObject({ code: 'ABORTED' });
  expect(await line(peer)).toEqual({ ...ok, result: 1 });
  expect(await line(peer)).toMatchObject(ok);
  expect(await line(peer)).toMatchObject({ type: 'start' });
  await store.put('k', 2);
  expect(await line(peer)).toMatchObject({ changes: [{ value: 2 }] });
});

it.each([
  [4_000, 1_500],
  [240, 60],
])('a batch that does not fit ends a feed of plain lines (%i)', async (maxReplyBytes, length) => {
  const { store, port } = await serve({ limits: { maxReplyBytes, maxFeeds: 1 } });
  const peer = await openPeer({ port });
  expect(await peer.ask('CHANGES')).toEqual({ ...ok, result: 1 });
  await line(peer);
  await store.put('k', '\u0001'.repeat(length));
  expect(await line(peer)).toMatchObject({ status: 'Error', code: 'LIMIT_EXCEEDED' });
  await store.put('k', 1);
  expect(await peer.ask('GET k')).toEqual({ ...ok, result: 1 });
});

it('a batch that does not fit ends a feed of RESP 3 with a pushed error', async () => {
  const { store, port } = await serve({ limits: { maxReplyBytes: 4_000, maxFeeds: 1 } });
  const peer = await openPeer({ port });
  peer.command('HELLO', '3');
  await peer.until('modules\r\n*0\r\n');
  peer.command('CHANGES', 'KEY', 'k');
  await peer.until('start\r\n');
  await peer.lines(2);
  await store.put('k', '€'.repeat(1_500));
  expect(await peer.lines(5)).toEqual([
    '>3',
    '$7',
    'changes',
    ':1',
    expect.stringMatching(/^-LIMIT_EXCEEDED /),
  ]);
  await store.put('k', 1);
  peer.command('CHANGES', 'KEY', 'k');
  expect(await peer.lines(1)).toEqual([':2']);
  peer.command('CLOSECURSOR', '2');
  await peer.until('+OK\r\n');
  await store.put('k', '€'.repeat(1_500));
  peer.command('CHANGES', 'KEY', 'k', 'INITIAL');
  peer.command('PING');
  expect((await peer.lines(2)).map((text) => text.split(' ', 1)[0])).toEqual(['-LIMIT_EXCEEDED', '+PONG']);
});

it('CHANGES and NEXT name the argument that is not valid', async () => {
  const { port } = await serve();
  const peer = await openPeer({ port });
  for (const [request, message] of [
    ['CHANGES MAXBUFFERED x', 'The value of MAXBUFFERED must be a number, got "x".'],
    ['CHANGES MAXBUFFEREDBYTES x', 'The value of MAXBUFFEREDBYTES must be a number, got "x".'],
    ['NEXT 1 0', 'The number of rows or batches must be a positive number, got 0.'],
    ['CHANGES KEY a KEY b', 'CHANGES accepts each argument only once.'],
    ['CHANGES INITIAL GT a INITIAL', 'CHANGES accepts each argument only once.'],
    ['LOCKTIMEOUT 5 CHANGES', 'CHANGES waits for no lock: send it without LOCKTIMEOUT.'],
  ] as const)
    expect(await peer.ask(request), request).toMatchObject({ code: 'INVALID_OPTION', mesg: message });
});
