import { connect, type Store, startServer } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPeer } from './peer.ts';
import { serve } from './serve.ts';

/** Returns a store that gives invalid answers. */
function oddStore(answers: { readonly ttl?: unknown; readonly id?: unknown }): Store<object> {
  const tx = {
    id: answers.id ?? 1,
    status: 'active',
    readOnly: true,
    age: 1,
    ttl: async () => answers.ttl,
    has: async () => true,
    get: async () => 'value',
    commit: async () => {},
    rollback: async () => {},
  };
  const store = {
    begin: async () => tx,
    transaction: () => Promise.resolve(),
    get: async () => 'value',
    entries: () => [].values(),
    close: async () => {},
    stats: () => ({ entries: answers.ttl, ratio: Number.POSITIVE_INFINITY }),
  };
  return store as unknown as Store<object>;
}

async function serveOdd(answers: Parameters<typeof oddStore>[0]): Promise<number> {
  const server = await startServer(oddStore(answers), { port: 0 });
  onTestFinished(() => server.close({ drainTimeout: 0 }));
  return server.port ?? 0;
}

describe('numbers that a protocol integer cannot hold', () => {
  it.each([
    ['Infinity', Number.POSITIVE_INFINITY, ':-1', undefined],
    ['2 ** 60', 2 ** 60, `:${Number.MAX_SAFE_INTEGER}`, Number.MAX_SAFE_INTEGER],
    ['1e300', 1e300, `:${Number.MAX_SAFE_INTEGER}`, Number.MAX_SAFE_INTEGER],
    ['a fraction', 1.5, ':2', 2],
  ])('a ttl of %s does not break the connection', async (_name, ttl, resp, seen) => {
    const port = await serveOdd({ ttl });
    const peer = await openPeer({ port });
    peer.command('PTTL', 'k');
    peer.command('GET', 'k');
    expect(await peer.lines(3)).toEqual([resp, '$5', 'value']);
    const client = await connect({ port });
    const tx = await client.begin({ readOnly: true });
    expect(await tx.ttl('k')).toBe(seen);
    await tx.commit();
    await client.close();
  });

  it('an invalid number fails only its own request, in each form of the protocol', async () => {
    const port = await serveOdd({ ttl: Number.NaN });
    const peer = await openPeer({ port });
    peer.command('PTTL', 'k');
    peer.command('DBSIZE');
    peer.command('GET', 'k');
    const answers = await peer.lines(4);
    expect(answers.slice(0, 2)).toEqual([
      expect.stringMatching(/^-INVALID_VALUE /),
      expect.stringMatching(/^-INVALID_VALUE /),
    ]);
    expect(answers.slice(2)).toEqual(['$5', 'value']);
    const lines = await openPeer({ port });
    expect(await lines.ask('PTTL k')).toMatchObject({ status: 'Error', code: 'INVALID_VALUE' });
    expect(await lines.ask('GET k')).toEqual({ status: 'Ok', result: 'value' });
    const client = await connect({ port });
    const tx = await client.begin({ readOnly: true });
    await expect(tx.ttl('k')).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    expect(await tx.get('k')).toBe('value');
    await tx.commit();
    await client.close();
  });

  it('an invalid id fails the begin, and the connection stays open', async () => {
    const port = await serveOdd({ id: Number.NaN });
    const client = await connect({ port });
    await expect(client.begin({ readOnly: true })).rejects.toMatchObject({ code: 'INVALID_VALUE' });
    expect(await client.get('k')).toBe('value');
    await client.close();
  });

  it('limits of a server can be Infinity', async () => {
    const limits = {
      maxArguments: Number.POSITIVE_INFINITY,
      maxValueBytes: Number.POSITIVE_INFINITY,
      maxRequestBytes: Number.POSITIVE_INFINITY,
    };
    const { connect: open } = await serve({ limits });
    const client = await open();
    await client.put('k', 'value');
    expect(await client.get('k')).toBe('value');
  });

  it('options of a client can be Infinity, or larger than any exact integer', async () => {
    const { connect: open } = await serve();
    const client = await open({ lockTimeout: Number.POSITIVE_INFINITY });
    const tx = await client.begin({ lockTimeout: 1e300 });
    await tx.put('k', 1, { lockTimeout: Number.POSITIVE_INFINITY });
    const keys: string[] = [];
    for await (const [key] of tx.entries({ limit: 1e300, lockTimeout: Number.MAX_VALUE })) keys.push(key);
    expect(keys).toEqual(['k']);
    await expect(client.begin({ age: 1e300 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await tx.commit();
  });
});

describe('a time to live in a command', () => {
  it('can be the word Infinity, and is refused if it is too long', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    const lines = await openPeer({ port });
    for (const words of [
      ['SET', 'k', 'v', 'EX', 'Infinity'],
      ['SET', 'k', 'v', 'PX', 'infinity'],
      ['PUTMANY', 'Infinity', 'k', 'v'],
    ]) {
      peer.command('SET', 'k', 'v', 'EX', '100');
      peer.command(...words);
      peer.command('PTTL', 'k');
      expect(await peer.lines(3)).toEqual(['+OK', '+OK', ':-1']);
      expect(await lines.ask(words.join(' '))).toEqual({ status: 'Ok' });
      expect(await lines.ask('PTTL k')).toEqual({ status: 'Ok', result: -1 });
    }
    for (const words of [
      ['SET', 'k', 'v', 'EX', '9000000001'],
      ['SET', 'k', 'v', 'EX', '9007199254740991'],
      ['SET', 'k', 'v', 'PX', '9007199254740993'],
      ['SET', 'k', 'v', 'PX', '9000000000001'],
      ['PUTMANY', '1e999', 'k', 'v'],
      ['PUTMANY', '9e15', 'k', 'v', 'l', 'v'],
    ]) {
      peer.command(...words);
      expect(await peer.lines(1)).toEqual([expect.stringMatching(/^-INVALID_OPTION /)]);
      expect(await lines.ask(words.join(' '))).toMatchObject({ code: 'INVALID_OPTION' });
    }
    peer.command('PTTL', 'k');
    expect(await peer.lines(1)).toEqual([':-1']);
  });
});
