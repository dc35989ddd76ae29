import { once } from 'node:events';
import { connect, Socket } from 'node:net';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openPeer } from '../server/peer.ts';
import { serve, until } from '../server/serve.ts';

const KIB = 1024;
const MAX_OUTPUT = 256 * KIB;
const VALUE = 64 * KIB;
const REQUESTS = 400;
const ANSWER = '$65536\r\n\r\n'.length + VALUE;
const BEGIN = '*1\r\n$5\r\nBEGIN\r\n';
const COMMIT = '*2\r\n$6\r\nCOMMIT\r\n$1\r\n1\r\n';
const GET = '*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n';
const TX_GET = '*4\r\n$2\r\nTX\r\n$1\r\n1\r\n$3\r\nGET\r\n$3\r\nbig\r\n';

/** The most that ever waited at the server's end of a connection. */
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

/** A client that has sent all this and reads nothing yet. */
async function openSilent(port: number, requests: string): Promise<Socket> {
  const socket = connect(port);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  socket.write(requests);
  return socket;
}

describe('a client that stops reading', () => {
  it.each([
    ['reads without a transaction', GET, 0],
    ['reads in a transaction', TX_GET, 64],
  ])('is read from no more: %s', async (_what, request, begunBlindly) => {
    const { store, port } = await serve({ limits: { maxOutputBytes: MAX_OUTPUT } });
    const mostWaiting = watchOutput(port);
    const other = await openPeer({ port });
    const silent = await openSilent(port, BEGIN);
    await until(() => store.stats().activeTransactions === 1);
    await store.put('big', 'x'.repeat(VALUE));
    silent.write(request.repeat(REQUESTS) + COMMIT);
    // Others go on meanwhile.
    for (let turn = 0; turn < 300; turn++) await other.ask(`PUT other ${turn}`);
    expect(mostWaiting()).toBeGreaterThan(MAX_OUTPUT);
    expect(mostWaiting()).toBeLessThan(MAX_OUTPUT + (begunBlindly + 2) * ANSWER);
    expect(store.stats().activeTransactions).toBe(1);
    // It gets everything when it reads again.
    let received = 0;
    silent.on('data', (chunk) => {
      received += chunk.length;
    });
    silent.resume();
    await until(() => received === ':1\r\n+OK\r\n'.length + REQUESTS * ANSWER);
    silent.destroy();
    other.socket.destroy();
  });

  it('counts answers that must wait for their turn as well', async () => {
    const { store, port } = await serve({ limits: { maxOutputBytes: MAX_OUTPUT } });
    await store.put('big', 'x'.repeat(VALUE));
    const holder = await store.begin();
    await holder.put('held', 1);
    const gets = vi.spyOn(store, 'has');
    const silent = await openSilent(port, BEGIN);
    // The first waits for a lock; what is answered behind it cannot leave. EXISTS is answered by a promise.
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

  it('is cut off after a while, its transactions rolled back', async () => {
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
});
