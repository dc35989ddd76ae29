import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { promiseHooks } from 'node:v8';
import { MemStore } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BufferedBytes } from '../../src/server/buffered-bytes.ts';
import { Connection } from '../../src/server/connection.ts';
import { Flusher } from '../../src/server/flusher.ts';
import { nodePlatform } from '../../src/server/node-platform.ts';
import { PasswordCheck } from '../../src/server/password-check.ts';
import { resolveServerOptions } from '../../src/server/server-options.ts';
import type { ServedStore } from '../../src/serving/served-store.ts';

// The allowed cost of the server without contention, in writes, bytes and promises. If a count falls, lower
// its bound here. A bound may rise only for a good reason.

/** The part of a socket that a connection needs. It accepts all bytes immediately. */
class Sink extends EventEmitter {
  readonly writable = true;
  readonly readableEnded = false;
  readonly writableLength = 0;
  readonly writableHighWaterMark = 16_384;
  readonly writes: string[] = [];

  write(bytes: Buffer): void {
    this.writes.push(bytes.toString('latin1'));
  }

  isPaused(): boolean {
    return false;
  }

  pause(): void {}
  resume(): void {}
}

interface Cost {
  readonly replies: string;
  readonly writes: number;
  readonly promises: number;
}

/** Opens connections of one server to a new store. Returns the socket of each connection. */
async function openSinks(count: number): Promise<Sink[]> {
  const store = new MemStore();
  await store.put('a', 'x');
  const { limits, clock } = resolveServerOptions({});
  const sinks = Array.from({ length: count }, () => new Sink());
  const host = {
    ...nodePlatform,
    store: store as unknown as ServedStore,
    limits,
    clock,
    password: new PasswordCheck(undefined, limits, clock),
    flusher: new Flusher(),
    buffered: new BufferedBytes(limits.maxBufferedBytes, clock),
    info: () => Promise.resolve(''),
    tell: () => {},
    onEnd: () => {},
  };
  for (const [id, sink] of sinks.entries()) new Connection(id, sink as unknown as Socket, host, true);
  onTestFinished(async () => {
    for (const sink of sinks) sink.emit('close');
    await store.close();
  });
  return sinks;
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Opens a connection, and returns a function that measures the cost of answering commands in one piece. */
async function openCounted(): Promise<(...commands: readonly string[]) => Promise<Cost>> {
  const [sink] = (await openSinks(1)) as [Sink];
  return async (...commands) => {
    const bytes = Buffer.from(commands.map(arrayOf).join(''));
    sink.writes.length = 0;
    let promises = 0;
    const stop = promiseHooks.onInit(() => promises++);
    sink.emit('data', bytes);
    stop();
    await endOfTurn();
    return { replies: sink.writes.join(''), writes: sink.writes.length, promises };
  };
}

function arrayOf(command: string): string {
  const words = command.split(' ');
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

const VALUE = '$1\r\nx\r\n';
const OK = '+OK\r\n';

describe('the server', () => {
  it.each([
    ['GET a', VALUE],
    ['SET b y', OK],
    ['MGET a b', `*2\r\n${VALUE}$-1\r\n`],
    ['DEL a', ':1\r\n'],
    ['BEGIN', ':2\r\n'],
    ['BEGIN READONLY', ':2\r\n'],
  ])('answers %s with no promise and one write', async (command, replies) => {
    const costOf = await openCounted();
    expect(await costOf(command)).toEqual({ replies, writes: 1, promises: 0 });
  });

  it.each([
    ['TX 2 GET a', VALUE],
    ['TX 2 GETFORUPDATE a', VALUE],
    ['TX 2 MGET a b', `*2\r\n${VALUE}$-1\r\n`],
    ['TX 2 EXISTS a', ':1\r\n'],
    ['TX 2 SET b y', OK],
    ['TX 2 MSET b y c z', OK],
    ['TX 2 DEL a', ':1\r\n'],
    ['COMMIT 2', OK],
    ['ROLLBACK 2', OK],
  ])('answers %s, within a transaction, with no promise and one write', async (command, replies) => {
    const costOf = await openCounted();
    await costOf('BEGIN');
    expect(await costOf(command)).toEqual({ replies, writes: 1, promises: 0 });
  });

  it.each([
    ['TX 2 GET a', VALUE],
    ['TX 2 MGET a b', `*2\r\n${VALUE}$-1\r\n`],
    ['TX 2 EXISTS a', ':1\r\n'],
    ['COMMIT 2', OK],
    ['ROLLBACK 2', OK],
  ])('answers %s, within a snapshot, with no promise and one write', async (command, replies) => {
    const costOf = await openCounted();
    await costOf('BEGIN READONLY');
    expect(await costOf(command)).toEqual({ replies, writes: 1, promises: 0 });
  });

  it('answers whole transactions in one piece with one write that contains only the replies', async () => {
    const costOf = await openCounted();
    expect((await costOf('RESERVE 1000')).replies).toBe(':2\r\n');
    const ids = Array.from({ length: 16 }, (_, i) => 2 + i);
    const commands = ids.flatMap((id) => [`BEGIN ID ${id}`, `TX ${id} SET key${id} x`, `COMMIT ${id}`]);
    const replies = ids.map((id) => `:${id}\r\n${OK}${OK}`).join('');
    expect(await costOf(...commands)).toEqual({ replies, writes: 1, promises: 0 });
  });

  it('writes once per connection at the end of the turn, for any number of connections', async () => {
    const sinks = await openSinks(3);
    const writes = (): string[][] => sinks.map((sink) => sink.writes);
    // Node.js runs all due callbacks between two readable sockets.
    for (const sink of sinks) {
      sink.emit('data', Buffer.from(arrayOf('GET a')));
      await new Promise<void>((resolve) => process.nextTick(resolve));
    }
    sinks[0]?.emit('data', Buffer.from(arrayOf('SET b y')));
    expect(writes()).toEqual([[], [], []]);
    await endOfTurn();
    expect(writes()).toEqual([[VALUE + OK], [VALUE], [VALUE]]);
  });
});
