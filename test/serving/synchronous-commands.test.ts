import { MemStore, startServer } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';
import { openPeer } from '../server/peer.ts';
import { serve } from '../server/serve.ts';

describe('commands that need no promise', () => {
  it('run in order behind waiting commands, and so do their replies', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    peer.command('BEGIN');
    expect(await peer.lines(1)).toEqual([':1']);
    peer.command('TX', '1', 'SET', 'a', 'held');
    await peer.lines(1);
    // The first SET waits for transaction 1. The second SET and the GET are in the same lane, so they run
    // after it.
    peer.command('SET', 'a', 'first');
    peer.command('SET', 'a', 'second');
    peer.command('GET', 'a');
    peer.command('TX', '1', 'GET', 'a');
    peer.command('COMMIT', '1');
    expect(await peer.lines(7)).toEqual(['+OK', '+OK', '$6', 'second', '$4', 'held', '+OK']);
    peer.command('GET', 'a');
    peer.command('DEL', 'a');
    peer.command('DEL', 'a');
    peer.command('MGET', 'a', 'b');
    expect(await peer.lines(7)).toEqual(['$6', 'second', ':1', ':0', '*2', '$-1', '$-1']);
  });

  it('wait for a lock if another transaction holds it', async () => {
    const { store, port } = await serve();
    const tx = await store.begin();
    await tx.put('a', 'held');
    const peer = await openPeer({ port });
    peer.command('DEL', 'a');
    peer.command('LOCKTIMEOUT', '0', 'SET', 'b', 'x');
    peer.command('PING');
    const waiting = store.locks();
    expect(waiting.held).toHaveLength(1);
    await tx.commit();
    expect(await peer.lines(3)).toEqual([':1', '+OK', '+PONG']);
  });

  it('run in order behind a waiting command of their transaction', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    peer.command('BEGIN');
    peer.command('BEGIN');
    expect(await peer.lines(2)).toEqual([':1', ':2']);
    peer.command('TX', '1', 'SET', 'a', 'held');
    peer.command('TX', '2', 'GET', 'a');
    peer.command('TX', '2', 'SET', 'a', 'later');
    peer.command('TX', '2', 'GETFORUPDATE', 'a');
    peer.command('COMMIT', '2');
    peer.command('TX', '2', 'GET', 'a');
    peer.command('COMMIT', '1');
    expect(await peer.lines(9)).toEqual([
      '+OK',
      '$4',
      'held',
      '+OK',
      '$5',
      'later',
      '+OK',
      expect.stringMatching(/^-TRANSACTION_CLOSED /),
      '+OK',
    ]);
    expect(await store.get('a')).toBe('later');
  });

  it('fail when their transaction is rolled back while one of them waits', async () => {
    const { store, port } = await serve();
    const holder = await store.begin();
    await holder.put('a', 'held');
    const peer = await openPeer({ port });
    peer.command('BEGIN');
    expect(await peer.lines(1)).toEqual([':2']);
    peer.command('TX', '2', 'SET', 'b', 'x');
    peer.command('TX', '2', 'SET', 'a', 'x');
    peer.command('TX', '2', 'GET', 'b');
    peer.command('ROLLBACK', '2');
    peer.command('TX', '2', 'GET', 'b');
    const lines = await peer.lines(5);
    const aborted = expect.stringMatching(/^-TRANSACTION_ABORTED /);
    expect(lines).toEqual(['+OK', aborted, aborted, '+OK', aborted]);
    await holder.rollback();
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('fail with DEADLOCK if their transaction is the victim, now and later', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    peer.command('BEGIN');
    peer.command('BEGIN');
    await peer.lines(2);
    peer.command('TX', '1', 'SET', 'a', 'x');
    peer.command('TX', '2', 'SET', 'b', 'x');
    peer.command('TX', '1', 'SET', 'b', 'x');
    // Transaction 2 is younger and closes the cycle, so it is aborted synchronously.
    peer.command('TX', '2', 'SET', 'a', 'x');
    peer.command('TX', '2', 'SET', 'c', 'x');
    peer.command('COMMIT', '1');
    const lines = await peer.lines(6);
    const deadlock = expect.stringMatching(/^-DEADLOCK /);
    expect(lines).toEqual(['+OK', '+OK', '+OK', deadlock, deadlock, '+OK']);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual(['x', 'x', undefined]);
  });

  it('fail with the same errors as other commands', async () => {
    const { store, port } = await serve({}, { maxKeyLength: 3 });
    const peer = await openPeer({ port });
    peer.command('SET', 'long', 'x');
    const [error] = await peer.lines(1);
    expect(error).toMatch(/^-LIMIT_EXCEEDED /);
    await store.close();
    peer.command('GET', 'a');
    peer.command('SET', 'a', 'x');
    for (const refusal of await peer.lines(2)) expect(refusal).toMatch(/^-STORE_CLOSED /);
  });

  it('are all answered if they arrive in one piece and their replies exceed maxOutputBytes', async () => {
    const { store, port } = await serve({ limits: { maxOutputBytes: 10_000 } });
    await store.put('a', 'x'.repeat(1_000));
    const peer = await openPeer({ port });
    peer.send('*2\r\n$3\r\nGET\r\n$1\r\na\r\n'.repeat(2_000));
    const lines = await peer.lines(4_000);
    expect(new Set(lines)).toEqual(new Set(['$1000', 'x'.repeat(1_000)]));
  });

  it('echo any bytes, because redis-cli --pipe ends its input with random bytes', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    peer.send('*2\r\n$4\r\nECHO\r\n$3\r\n\xff\x00\r\r\n*2\r\n$4\r\nPING\r\n$1\r\n\xfe\r\n');
    expect(await peer.until('\xfe\r\n')).toBe('$3\r\n\xff\x00\r\r\n$1\r\n\xfe\r\n');
  });
});

it('a piece with more waiting commands than one turn begins, and the command that unblocks them, is answered', async () => {
  const { port } = await serve();
  const peer = await openPeer({ port });
  const ids = Array.from({ length: 101 }, (_, index) => `${index + 1}`);
  for (const _ of ids) peer.command('BEGIN');
  await peer.lines(ids.length);
  const [first = '', ...others] = ids;
  peer.command('TX', first, 'SET', 'a', 'x');
  await peer.lines(1);
  peer.socket.cork();
  for (const id of others) peer.command('TX', id, 'GET', 'a');
  peer.command('COMMIT', first);
  peer.socket.uncork();
  expect(await peer.lines(2 * others.length + 1)).toEqual([...others.flatMap(() => ['$1', 'x']), '+OK']);
});

describe('commands on many keys', () => {
  const KEYS = Array.from({ length: 20_000 }, (_, i) => `key:${(i * 7_919) % 20_000}`);

  /** A clock that counts the yields of long work. */
  class TurnClock extends FakeClock {
    turns = 0;

    override monotonicMs(): number {
      this.advance(1);
      return super.monotonicMs();
    }

    override yieldTurn(): Promise<void> {
      this.turns++;
      return new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('give other work a turn, alone and in a transaction, and are atomic', async () => {
    const clock = new TurnClock();
    const store = new MemStore({ clock });
    const server = await startServer(store, { port: 0 });
    onTestFinished(() => server.close());
    const peer = await openPeer({ port: Number(server.port) });
    const turnsOf = async (lines: number, ...words: string[]): Promise<string[]> => {
      const before = clock.turns;
      peer.command(...words);
      const reply = await peer.lines(lines);
      expect(clock.turns - before, words[0]).toBeGreaterThan(3);
      return reply;
    };
    expect(await turnsOf(1, 'MSET', ...KEYS.flatMap((key) => [key, 'v']))).toEqual(['+OK']);
    expect(await turnsOf(1, 'EXISTS', ...KEYS, 'absent')).toEqual([`:${KEYS.length}`]);
    expect(new Set(await turnsOf(1 + 2 * KEYS.length, 'MGET', ...KEYS))).toEqual(
      new Set([`*${KEYS.length}`, '$1', 'v']),
    );
    peer.command('BEGIN');
    const id = String((await peer.lines(1))[0]?.slice(1));
    expect(await turnsOf(1, 'TX', id, 'EXISTS', ...KEYS, 'absent')).toEqual([`:${KEYS.length}`]);
    expect(await turnsOf(1, 'TX', id, 'DEL', ...KEYS, 'absent')).toEqual([`:${KEYS.length}`]);
    expect(await turnsOf(1, 'ROLLBACK', id)).toEqual(['+OK']);
    const holder = await store.begin();
    await holder.get('key:19999');
    peer.command('LOCKTIMEOUT', '0', 'DEL', ...KEYS);
    peer.command('DBSIZE');
    await expect(peer.lines(2)).resolves.toEqual([expect.stringMatching(/^-LOCK/), `:${KEYS.length}`]);
    await holder.commit();
    expect(await turnsOf(1, 'DEL', ...KEYS, 'absent', 'key:1')).toEqual([`:${KEYS.length}`]);
    expect(store.stats().entries).toBe(0);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('leave a turn to other clients if one client sends many of them in one piece', async () => {
    const clock = new TurnClock();
    const server = await startServer(new MemStore(), { port: 0, clock });
    onTestFinished(() => server.close());
    const [many, other] = [
      await openPeer({ port: Number(server.port) }),
      await openPeer({ port: Number(server.port) }),
    ];
    other.command('GET', 'before');
    await other.lines(1);
    for (const key of KEYS) many.command('DEL', key);
    // The other client needs one turn per request. The client with many commands needs one turn for every few
    // hundred commands.
    const order: string[] = [];
    const all = many.lines(KEYS.length).then(() => order.push('many'));
    const few = (async () => {
      for (let i = 0; i < 20; i++) {
        other.command('GET', 'k');
        await other.lines(1);
      }
      order.push('few');
    })();
    await Promise.all([all, few]);
    expect(order).toEqual(['few', 'many']);
  });
});
