import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPeer } from '../../server/peer.ts';
import { serve, until } from '../../server/serve.ts';

const KIB = 1024;
const MAX_OUTPUT = 256 * KIB;
const VALUE = 64 * KIB;
const REQUESTS = 400;
const ANSWER = '$65536\r\n\r\n'.length + VALUE;
const BEGIN = '*1\r\n$5\r\nBEGIN\r\n';
const COMMIT = '*2\r\n$6\r\nCOMMIT\r\n$1\r\n1\r\n';
const GET = '*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n';
/** A read whose prefix makes its reply asynchronous. Requests behind it do not wait for the reply. */
const TX_GET = '*6\r\n$2\r\nTX\r\n$1\r\n1\r\n$11\r\nLOCKTIMEOUT\r\n$1\r\n5\r\n$3\r\nGET\r\n$3\r\nbig\r\n';

/**
 * Returns a function that returns the maximum number of unsent bytes at the server's end of any connection.
 */
function watchOutput(port: number): () => number {
  const write = Socket.prototype.write;
  let most = 0;
  const spy = vi.spyOn(Socket.prototype, 'write').mockImplementation(function (
    this: Socket,
    ...args: unknown[]
  ) {
    const result = Reflect.apply(write, this, args) as boolean;
    if (this.localPort === port) most = Math.max(most, this.writableLength);
    return result;
  });
  onTestFinished(() => spy.mockRestore());
  return () => most;
}

/** Opens a client that has sent these requests and reads nothing yet. */
async function openSilent(port: number, requests: string): Promise<Socket> {
  const socket = connect(port);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(requests);
  return socket;
}

/** Lets a client read. Returns a function that returns the number of bytes received since then. */
function countReceived(socket: Socket): () => number {
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.resume();
  return () => received;
}

describe('a client that stops reading', () => {
  it.each([
    ['reads without a transaction', GET, 0],
    ['reads in a transaction', TX_GET, 64],
  ])('is not read from until it reads again: %s', async (_what, request, begunBlindly) => {
    const { store, port } = await serve({ limits: { maxOutputBytes: MAX_OUTPUT } });
    const mostWaiting = watchOutput(port);
    const other = await openPeer({ port });
    const silent = await openSilent(port, BEGIN);
    await until(() => store.stats().activeTransactions === 1);
    await store.put('big', 'x'.repeat(VALUE));
    silent.write(request.repeat(REQUESTS) + COMMIT);
    // Other clients are served meanwhile.
    for (let turn = 0; turn < 300; turn++) await other.ask(`PUT other ${turn}`);
    expect(mostWaiting()).toBeGreaterThan(MAX_OUTPUT);
    expect(mostWaiting()).toBeLessThan(MAX_OUTPUT + (begunBlindly + 2) * ANSWER);
    expect(store.stats().activeTransactions).toBe(1);
    // The client receives everything once it reads again.
    const received = countReceived(silent);
    await until(() => received() === ':1\r\n+OK\r\n'.length + REQUESTS * ANSWER);
    silent.destroy();
    other.socket.destroy();
  });

  it('is also not read from while its replies wait behind a pending one', async () => {
    const { store, port } = await serve({ limits: { maxOutputBytes: MAX_OUTPUT } });
    await store.put('big', 'x'.repeat(VALUE));
    const holder = await store.begin();
    await holder.put('held', 1);
    const gets = vi.spyOn(store, 'has');
    const silent = await openSilent(port, BEGIN);
    // The first request waits for a lock, so replies behind it cannot be sent. EXISTS is answered
    // asynchronously.
    silent.write('*4\r\n$2\r\nTX\r\n$1\r\n3\r\n$3\r\nGET\r\n$4\r\nheld\r\n');
    await until(() => store.stats().waitingOperations === 1);
    silent.write(`${GET.repeat(REQUESTS)}*2\r\n$6\r\nEXISTS\r\n$3\r\nbig\r\n`);
    const other = await openPeer({ port });
    for (let turn = 0; turn < 100; turn++) await other.ask('PING');
    expect(gets).not.toHaveBeenCalled();
    silent.resume();
    await holder.rollback();
    await until(() => gets.mock.calls.length === 1);
    silent.destroy();
    other.socket.destroy();
  });

  it('is cut after stalledTimeout, and its transactions are rolled back', async () => {
    const clock = new FakeClock();
    const { store, port, server } = await serve({
      clock,
      limits: { maxOutputBytes: MAX_OUTPUT, stalledTimeout: 5_000 },
    });
    await store.put('big', 'x'.repeat(VALUE));
    await openSilent(port, BEGIN + GET.repeat(REQUESTS));
    await until(() => clock.pendingTimers === 1);
    clock.advance(4_999);
    expect(server.connections).toBe(1);
    clock.advance(1);
    await until(() => server.connections === 0);
    expect(store.stats().activeTransactions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gets every reply if maxOutputBytes is smaller than the socket buffer', async () => {
    const { store, port } = await serve({ limits: { maxOutputBytes: 100 } });
    const mostWaiting = watchOutput(port);
    await store.put('big', 'x'.repeat(900));
    // More requests than the kernel buffers for a client that does not read.
    const requests = 20_000;
    const silent = await openSilent(port, GET.repeat(requests));
    await until(() => mostWaiting() > 0);
    const received = countReceived(silent);
    await until(() => received() === requests * ('$900\r\n\r\n'.length + 900));
    silent.destroy();
  });
});

describe('a client that has sent its last request', () => {
  const MAX_UNREAD_MS = 60_000;

  /** Starts a server with a fake clock that buffers all unread replies of a client. */
  async function openPatient() {
    const clock = new FakeClock();
    const limits = { maxOutputBytes: 2 * REQUESTS * ANSWER, stalledTimeout: MAX_UNREAD_MS };
    const served = await serve({ clock, limits });
    await served.store.put('big', 'x'.repeat(VALUE));
    const mostWaiting = watchOutput(served.port);
    /** Opens a client that has sent these requests and will send no more. It reads nothing yet. */
    const sendLast = async (requests: string): Promise<Socket> => {
      const silent = await openSilent(served.port, requests);
      silent.end();
      await until(() => clock.pendingTimers === 1);
      return silent;
    };
    return { ...served, clock, sendLast, untilUnread: () => until(() => mostWaiting() > 0) };
  }

  it('may read the replies until stalledTimeout', async () => {
    const { clock, server, sendLast, untilUnread } = await openPatient();
    const silent = await sendLast(GET.repeat(REQUESTS));
    await untilUnread();
    clock.advance(MAX_UNREAD_MS - 1);
    const received = countReceived(silent);
    // The server may have finished while the last replies are still in transit.
    await until(() => silent.closed && server.connections === 0);
    expect(received()).toBe(REQUESTS * ANSWER);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is cut after stalledTimeout', async () => {
    const { clock, server, sendLast, untilUnread } = await openPatient();
    await sendLast(GET.repeat(REQUESTS));
    await untilUnread();
    clock.advance(MAX_UNREAD_MS);
    await until(() => server.connections === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('may disconnect without reading the replies', async () => {
    const { clock, server, sendLast, untilUnread } = await openPatient();
    const silent = await sendLast(GET.repeat(REQUESTS));
    await untilUnread();
    silent.resetAndDestroy();
    await until(() => server.connections === 0);
    expect(clock.pendingTimers).toBe(0);
  });

  const DEL = '*2\r\n$3\r\nDEL\r\n$4\r\n';
  it.each([
    ['without a wait', ''],
    ['after a wait', `${DEL}soon\r\n`],
  ])('gets no reply later than a second after it has read the available ones (%s)', async (_, before) => {
    const { clock, server, store, sendLast, untilUnread } = await openPatient();
    const [soon, late] = [await store.begin(), await store.begin()];
    await soon.put('soon', 1);
    await late.put('late', 1);
    const silent = await sendLast(`${before}${GET.repeat(REQUESTS)}${DEL}late\r\n`);
    await soon.rollback();
    await until(() => store.locks().waiting[0]?.key === 'late');
    await untilUnread();
    clock.advance(10_000);
    const received = countReceived(silent);
    const all = REQUESTS * ANSWER + (before === '' ? 0 : ':0\r\n'.length);
    await until(() => received() === all);
    // The server notices the end of the replies in a later turn.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(999);
    expect(server.connections).toBe(1);
    clock.advance(1);
    await until(() => silent.closed && server.connections === 0);
    await late.rollback();
    expect(received()).toBe(all);
  });
});
