import { MemStoreError } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { textCodec } from '../../src/protocol/text-codec.ts';
import { Greeting, greetingRequests } from '../../src/remote/greeting.ts';
import { Link } from '../../src/remote/link.ts';
import type { LinkSource } from '../../src/remote/link-source.ts';
import { RemoteStore } from '../../src/remote/remote-store.ts';
import type { Transport, TransportEvents } from '../../src/remote/transport.ts';

/** A transport without a socket. The test plays the server. */
class FakeTransport implements Transport {
  readonly written: string[] = [];
  isWritable = true;
  unsentBytes = 0;
  isAlive: boolean | undefined;
  #events: TransportEvents | undefined;

  listen(events: TransportEvents): void {
    this.#events = events;
  }
  write(bytes: Uint8Array): void {
    this.written.push(Buffer.from(bytes).toString('latin1'));
  }
  afterTick(callback: () => void): void {
    setImmediate(callback);
  }
  keepAlive(isNeeded: boolean): void {
    this.isAlive = isNeeded;
  }
  async end(): Promise<void> {
    this.lose('closed');
  }
  destroy(): void {
    this.isWritable = false;
  }

  answer(text: string): void {
    this.#events?.onBytes(Buffer.from(text));
  }
  becomeWritable(): void {
    this.isWritable = true;
    this.#events?.onWritable();
  }
  lose(message: string): void {
    this.#events?.onLost(message);
  }
  async tick(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function openLink(): { transport: FakeTransport; link: Link; clock: FakeClock } {
  const greeting = new Greeting();
  expect(Buffer.from(greetingRequests(undefined)).toString()).toMatch(/HELLO(.|\s)*MUX/);
  expect(greeting.receive(Buffer.from('%1\r\n+proto\r\n:3\r\n'))).toBeUndefined();
  const terms = greeting.receive(Buffer.from('%2\r\n+mux\r\n:1\r\n+max-value-bytes\r\n:100\r\n'));
  if (terms === undefined) throw new Error('The greeting is not complete.');
  const [transport, clock] = [new FakeTransport(), new FakeClock()];
  const link = new Link(transport, greeting.parser, terms, { codec: textCodec, clock, heartbeatMs: 1_000 });
  return { transport, link, clock };
}

describe('a link over any transport', () => {
  it('sends the requests of one tick in one write, and accepts answers in any order', async () => {
    const { transport, link } = openLink();
    expect(transport.isAlive).toBe(false);
    const [first, second] = [link.request(['A'], 'CONNECTION_LOST'), link.request(['B'], 'CONNECTION_LOST')];
    expect(transport.isAlive).toBe(true);
    await transport.tick();
    expect(transport.written).toEqual(['*2\r\n$1\r\n1\r\n$1\r\nA\r\n*2\r\n$1\r\n2\r\n$1\r\nB\r\n']);
    transport.answer('*2\r\n:2\r\n+two\r\n*2\r\n:1\r\n+one\r\n');
    expect([await first, await second]).toEqual(['one', 'two']);
    expect(transport.isAlive).toBe(false);
  });

  it('buffers requests while the transport is not writable, and writes at most 1 MiB at a time', async () => {
    const { transport, link } = openLink();
    transport.isWritable = false;
    const requests = ['x', 'y'].map((name) =>
      link.request([name.repeat(1024 * 1024)], 'CONNECTION_LOST').catch(({ error }) => error.code),
    );
    await transport.tick();
    expect(transport.written).toEqual([]);
    transport.becomeWritable();
    expect(transport.written.map(({ length }) => length)).toEqual([
      1024 * 1024,
      1024 * 1024,
      expect.any(Number),
    ]);
    transport.lose('gone');
    expect(await Promise.all(requests)).toEqual(['CONNECTION_LOST', 'CONNECTION_LOST']);
  });

  it('pings a silent server while an answer is pending, and then ends the connection', async () => {
    const { transport, link, clock } = openLink();
    clock.advance(3_000);
    const request = link.request(['A'], 'COMMIT_UNKNOWN').catch(({ error }) => error.code);
    clock.advance(1_000);
    await transport.tick();
    expect(transport.written.join('')).toContain('PING');
    expect(link.error).toBeUndefined();
    clock.advance(1_000);
    expect(link.error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await request).toBe('COMMIT_UNKNOWN');
    expect(transport.isWritable).toBe(false);
  });

  it('carries a store', async () => {
    const { transport, link, clock } = openLink();
    const links: LinkSource = {
      codec: textCodec,
      link,
      onLost() {},
      wait: () => Promise.resolve(link),
      close() {},
    };
    const store = new RemoteStore<{ a: string }>(links, { lockTimeoutMs: undefined, clock, random: () => 0 });
    const value = store.get('a');
    await expect(store.put('a', 'x'.repeat(101))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await transport.tick();
    transport.answer('*2\r\n:1\r\n$5\r\nvalue\r\n');
    expect(await value).toBe('value');
    const begun = store.begin();
    await transport.tick();
    transport.answer('*2\r\n:2\r\n:7\r\n');
    const tx = await begun;
    transport.lose('gone');
    links.onLost(link);
    expect(tx.status).toBe('aborted');
    await expect(tx.get('a')).rejects.toThrow(MemStoreError);
  });
});
