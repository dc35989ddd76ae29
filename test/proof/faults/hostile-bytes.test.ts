import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPeer } from '../../server/peer.ts';
import { serve, until } from '../../server/serve.ts';

const SEED = 20_261_125;
const valid = [
  '*1\r\n$5\r\nBEGIN\r\n',
  '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n',
  '*5\r\n$2\r\nTX\r\n$1\r\n2\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n',
  '*3\r\n$3\r\nMUX\r\n$1\r\n1\r\n$7\r\nMSGPACK\r\n',
  '*4\r\n$1\r\n7\r\n$11\r\nCANCELLABLE\r\n$3\r\nGET\r\n$1\r\na\r\n',
  '*5\r\n$1\r\n7\r\n$11\r\nCANCELLABLE\r\n$3\r\nSET\r\n$4\r\nmine\r\n$2\r\n\xc1\xff\r\n',
  '*2\r\n$7\r\nRESERVE\r\n$1\r\n9\r\n',
  '*5\r\n$1\r\n8\r\n$5\r\nQUIET\r\n$5\r\nBEGIN\r\n$2\r\nID\r\n$1\r\n3\r\n',
  '*7\r\n$1\r\n8\r\n$5\r\nQUIET\r\n$2\r\nTX\r\n$1\r\n3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n1\r\n',
  '*2\r\n$7\r\nENTRIES\r\n$10\r\nSKIPLOCKED\r\n',
  '*3\r\n$7\r\nENTRIES\r\n$6\r\nCREDIT\r\n$1\r\n1\r\n',
  '*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n',
  'BEGIN\nPUT a 1 1\n',
  'PUT a "\\xff\\',
];
const hostile = [
  '*1\r\n'.repeat(1_000),
  '*100000\r\n',
  '*9999999999999999\r\n',
  '*-5\r\n',
  '*1\r\n$9999999999999999\r\n',
  '*1\r\n$16777216\r\nx',
  '*1\r\n$-1\r\n',
  '$5\r\nhello\r\n',
  '\0'.repeat(100),
  '\r\n\r\n',
  '"'.repeat(1_000),
  '\u0016\u0003\u0001\u0002\0\u0001\0\u0001\xfc\u0003\u0003',
];

describe('a client that sends arbitrary bytes', () => {
  const piece = fc.oneof(
    fc.constantFrom(...valid),
    fc.constantFrom(...hostile),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    // A valid request, cut short.
    fc.tuple(fc.constantFrom(...valid), fc.nat(20)).map(([bytes, cut]) => bytes.slice(0, -cut - 1)),
  );

  it('does not affect the server or other clients, and leaves nothing behind', async () => {
    const { store, port, server } = await serve();
    const holder = await store.begin();
    await holder.put('mine', 'held');
    const other = await openPeer({ port });
    let rounds = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
        const peer = await openPeer({ port });
        for (const bytes of pieces) peer.send(bytes);
        const round = `${++rounds}`;
        expect(await other.ask(`PUT round ${round}`)).toEqual({ status: 'Ok' });
        expect(await other.ask('GET round')).toEqual({ status: 'Ok', result: round });
        peer.socket.destroy();
        await until(() => server.connections === 1);
        expect(store.locks()).toEqual({
          held: [{ transactionId: holder.id, key: 'mine', mode: 'exclusive' }],
          waiting: [],
        });
        expect(store.stats().activeTransactions).toBe(1);
      }),
      { numRuns: 300, seed: SEED },
    );
    await holder.commit();
    expect(await store.get('mine')).toBe('held');
    other.socket.destroy();
  });

  it('is served although hundreds of other connections are silent', async () => {
    const { port, server } = await serve();
    const idle = await Promise.all(Array.from({ length: 300 }, () => openPeer({ port })));
    await until(() => server.connections === 300);
    const other = await openPeer({ port });
    expect(await other.ask('PING')).toMatchObject({ result: 'PONG' });
    for (const peer of [...idle, other]) peer.socket.destroy();
    await until(() => server.connections === 0);
  });
});
