import { MemStore, type MemStoreOptions, type ServerOptions, startServer } from 'memstore-tx';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openPeer, type Peer } from '../server/peer.ts';
import { type Served, serve, until } from '../server/serve.ts';

type Scene = Served<Record<string, unknown>> & { readonly peer: Peer };

/** Serves a store, and connects a client with a bare socket to it. */
async function open(options?: ServerOptions, storeOptions?: MemStoreOptions): Promise<Scene> {
  const served = await serve(options, storeOptions);
  return { ...served, peer: await openPeer({ port: served.port }) };
}

describe('reserved transaction ids', () => {
  it('allow a whole transaction in one write, and appear in LOCKS and in errors', async () => {
    const { store, peer } = await open();
    peer.command('RESERVE', '3');
    expect(await peer.lines(1)).toEqual([':1']);
    peer.send(
      ['BEGIN ID 2', 'TX 2 SET a x', 'TX 2 GET a'].map((line) => requestOf(line.split(' '))).join(''),
    );
    expect(await peer.lines(4)).toEqual([':2', '+OK', '$1', 'x']);
    expect(store.locks().held).toEqual([{ transactionId: 2, key: 'a', mode: 'exclusive' }]);
    peer.send(
      ['COMMIT 2', 'TX 2 GET a', 'BEGIN ID 3', 'ROLLBACK 3', 'TX 3 GET a']
        .map((line) => requestOf(line.split(' ')))
        .join(''),
    );
    expect(await peer.lines(5)).toEqual([
      '+OK',
      '-TRANSACTION_CLOSED Transaction 2 is committed.',
      ':3',
      '+OK',
      '-TRANSACTION_ABORTED Transaction 3 was rolled back.',
    ]);
    expect(await store.get('a')).toBe('x');
  });

  it('can be used once, in ascending order, and only on the connection that reserved them', async () => {
    const { peer, port } = await open();
    const other = await openPeer({ port });
    const refusal = (id: number): string =>
      `-INVALID_OPTION This connection has not reserved the id ${id}, or has already used it.`;
    peer.command('RESERVE', '10');
    await peer.lines(1);
    other.command('BEGIN', 'ID', '1');
    expect(await other.lines(1)).toEqual([refusal(1)]);
    for (const id of [11, 5, 5, 4, 0]) peer.command('BEGIN', 'ID', `${id}`);
    expect(await peer.lines(5)).toEqual([refusal(11), ':5', refusal(5), refusal(4), refusal(0)]);
    // The refused begin did not change the transaction with this id.
    peer.command('TX', '5', 'SET', 'a', 'x');
    expect(await peer.lines(1)).toEqual(['+OK']);
    // Other begins use the ids after the reserved ones. A new reservation drops the unused ids of the
    // previous one.
    for (const words of [['BEGIN'], ['RESERVE', '1'], ['BEGIN', 'ID', '6'], ['BEGIN', 'ID', '13']])
      peer.command(...words);
    const answers = await peer.lines(4);
    expect(answers.map((line) => line.slice(0, 15))).toEqual([':12', ':13', '-INVALID_OPTION', ':13']);
  });

  it('are limited to a thousand per request, and refused if transactions may wait to begin', async () => {
    const { peer } = await open();
    for (const count of ['1000', '1001', '0', 'x']) peer.command('RESERVE', count);
    const answers = await peer.lines(4);
    const codes = answers.map((line) => line.split(' ')[0]);
    expect(codes).toEqual([':1', '-LIMIT_EXCEEDED', '-INVALID_OPTION', '-INVALID_OPTION']);
    const limited = await open({}, { maxActiveTransactions: 1 });
    limited.peer.command('RESERVE', '1');
    expect(await limited.peer.lines(1)).toEqual([
      '-INVALID_OPTION The served store cannot reserve ids: use BEGIN without ID.',
    ]);
  });

  it('do not define the age: the transaction that began last is the deadlock victim', async () => {
    const { store, peer } = await open();
    peer.command('RESERVE', '3');
    await peer.lines(1);
    const older = await store.begin();
    await older.put('a', 1);
    const oldest = await store.begin();
    await oldest.put('c', 1);
    peer.command('BEGIN', 'ID', '1');
    peer.command('TX', '1', 'SET', 'b', '1');
    await peer.lines(2);
    const waiting = older.put('b', 1);
    peer.command('TX', '1', 'SET', 'a', '1');
    expect(await peer.lines(1)).toEqual([expect.stringMatching(/^-DEADLOCK .* 1 is the youngest/)]);
    await waiting;
    await older.commit();
    // The second attempt has the age of the first: older than one transaction, and younger than the other.
    const younger = await store.begin();
    peer.command('BEGIN', 'ID', '2', 'AGE', '1');
    peer.command('TX', '2', 'SET', 'a', '2');
    await peer.lines(2);
    await younger.put('b', 2);
    peer.command('TX', '2', 'SET', 'b', '2');
    await until(() => store.locks().waiting.length === 1);
    await expect(younger.put('a', 2)).rejects.toMatchObject({ code: 'DEADLOCK' });
    expect(await peer.lines(1)).toEqual(['+OK']);
    const last = oldest.put('a', 3);
    peer.command('TX', '2', 'SET', 'c', '2');
    expect(await peer.lines(1)).toEqual([expect.stringMatching(/^-DEADLOCK .* 2 is the youngest/)]);
    await last;
    await oldest.commit();
  });

  it('cannot be used in a closed store, and later commands get the same error', async () => {
    const { store, peer } = await open();
    peer.command('RESERVE', '1');
    await peer.lines(1);
    await store.close();
    peer.send(requestOf(['BEGIN', 'ID', '1']) + requestOf(['TX', '1', 'SET', 'a', 'x']));
    expect(await peer.lines(2)).toEqual([
      '-STORE_CLOSED The store is closed.',
      '-STORE_CLOSED The store is closed.',
    ]);
  });

  it('wait while the store is opening', async () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const journal = {
      expectedEntries: 1,
      async *load() {
        await opened;
        yield [{ key: 'a', value: 'loaded', expiresAtMs: undefined }];
      },
      append: async () => {},
      close: async () => {},
    };
    const store = new MemStore({ journal: { name: 'slow', create: () => journal } });
    const server = await startServer(store, { port: 0 });
    onTestFinished(async () => {
      await server.close({ drainTimeout: 0 });
      await store.close();
    });
    const peer = await openPeer({ port: server.port ?? 0 });
    peer.command('RESERVE', '1');
    await peer.lines(1);
    peer.send(requestOf(['BEGIN', 'ID', '1']) + requestOf(['TX', '1', 'GET', 'a']));
    const answers = peer.lines(3);
    open();
    expect(await answers).toEqual([':1', '$6', 'loaded']);
  });
});

describe('QUIET requests', () => {
  /** Serves a store to a tagged client that has reserved two ids. */
  async function openTagged(options?: ServerOptions, storeOptions?: MemStoreOptions): Promise<Scene> {
    const scene = await open(options, storeOptions);
    scene.peer.command('MUX', '1');
    await scene.peer.until('max-request-bytes');
    await scene.peer.lines(2);
    scene.peer.command('1', 'RESERVE', '2');
    await scene.peer.lines(3);
    return scene;
  }

  const whole = (...middle: readonly string[][]): string =>
    [['7', 'QUIET', 'BEGIN', 'ID', '1'], ...middle, ['8', 'COMMIT', '1']].map(requestOf).join('');

  it('get no reply if they succeed', async () => {
    const { store, peer } = await openTagged();
    peer.send(whole(['7', 'QUIET', 'TX', '1', 'SET', 'a', 'x'], ['7', 'QUIET', 'TX', '1', 'DEL', 'b']));
    expect(await peer.lines(3)).toEqual(['*2', ':8', '+OK']);
    expect(await store.get('a')).toBe('x');
  });

  const TOO_MANY = 'A transaction may write at most 1 keys (maxTransactionWrites).';
  it.each([
    [
      'with an error of the store',
      ['SET', 'b', 'x'],
      {},
      `-LIMIT_EXCEEDED {"message":"${TOO_MANY}","ended":true}`,
    ],
    [
      'with an error of the server',
      ['SET', 'too long', 'x'],
      { limits: { maxKeyLength: 7 } },
      '-LIMIT_EXCEEDED {"message":"A key may have at most 7 code units (maxKeyLength), got 8.","ended":true}',
    ],
    [
      'with an invalid argument',
      ['SET', 'b', 'x', 'PX', 'soon'],
      {},
      '-INVALID_OPTION {"message":"The time to live must be a decimal integer, got \\"soon\\".","ended":true}',
    ],
    [
      'with an unknown verb',
      ['PUBLISH', 'b', 'x'],
      {},
      '-UNKNOWN_COMMAND {"message":"There is no command \\"PUBLISH\\".","ended":true}',
    ],
    [
      'with an invalid prefix',
      ['LOCKTIMEOUT', 'soon', 'SET', 'b', 'x'],
      {},
      '-INVALID_OPTION {"message":"The lock timeout must be a number, got \\"soon\\".","ended":true}',
    ],
  ])('end their transaction if they fail: requests %s', async (_, words, options, error) => {
    const { store, peer } = await openTagged(options, { maxTransactionWrites: 1 });
    peer.send(
      whole(['7', 'QUIET', 'TX', '1', 'SET', 'a', 'x'], ['7', 'QUIET', 'TX', '1', ...words]) +
        requestOf(['9', 'TX', '1', 'GET', 'a']),
    );
    expect(await peer.lines(9)).toEqual(['*2', ':7', error, '*2', ':8', error, '*2', ':9', error]);
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('end their transaction if they time out', async () => {
    const { store, peer } = await openTagged();
    const holder = await store.begin();
    await holder.put('b', 'held');
    peer.send(
      whole(
        ['7', 'QUIET', 'TX', '1', 'SET', 'a', 'x'],
        ['7', 'QUIET', 'LOCKTIMEOUT', '1', 'TX', '1', 'SET', 'b', 'x'],
      ),
    );
    const answers = await peer.lines(6);
    expect(answers.filter((line) => line.startsWith('-LOCK_TIMEOUT'))).toHaveLength(2);
    await holder.rollback();
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('report why their transaction could not begin, and so do later requests', async () => {
    const { store, peer } = await openTagged({ limits: { maxTransactions: 1 } });
    peer.command('6', 'BEGIN');
    await peer.lines(3);
    peer.send(whole(['7', 'QUIET', 'TX', '1', 'SET', 'a', 'x']));
    const answers = await peer.lines(9);
    expect(answers.filter((line) => /^-LIMIT_EXCEEDED .*"ended":true/.test(line))).toHaveLength(3);
    expect(await store.get('a')).toBeUndefined();
  });

  it('are refused where a missing reply would be ambiguous', async () => {
    const { peer, port } = await openTagged();
    const untagged = await openPeer({ port });
    untagged.command('QUIET', 'TX', '1', 'GET', 'a');
    expect(await untagged.lines(1)).toEqual([
      expect.stringMatching(/^-INVALID_OPTION QUIET works only with tagged/),
    ]);
    for (const words of [['SET', 'a', 'x'], ['BEGIN'], ['PING']]) peer.command('7', 'QUIET', ...words);
    const answers = await peer.lines(9);
    expect(answers.filter((line) => line.startsWith('-INVALID_OPTION'))).toHaveLength(3);
  });
});

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}
