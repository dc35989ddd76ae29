import { describe, expect, it } from 'vitest';
import { DEMO_LINES, DEMO_REPLIES } from './demo-session.ts';
import { openPeer, type Peer } from './peer.ts';
import { serve } from './serve.ts';

async function line(): Promise<Peer> {
  const { port } = await serve();
  return openPeer({ port });
}

describe('plain lines', () => {
  it('run the example session of the Python demo server that this project reimplements', async () => {
    const peer = await line();
    peer.send(`${DEMO_LINES.join('\n')}\n`);
    const answers = (await peer.lines(10)).map((answer) => JSON.parse(answer));
    expect(answers).toEqual(DEMO_REPLIES);
  });

  it('take the transaction id last, and read committed data without an id', async () => {
    const peer = await line();
    const begun = await peer.ask('begin');
    const id = String(begun['transaction_id']);
    expect(await peer.ask(`put a "two words" ${id}`)).toEqual({ status: 'Ok' });
    expect(await peer.ask('GET a')).toEqual({ status: 'Ok', result: null });
    expect(await peer.ask(`GET a ${id}`)).toEqual({ status: 'Ok', result: 'two words' });
    expect(await peer.ask(`EXISTS a ${id}`)).toEqual({ status: 'Ok', result: 1 });
    expect(await peer.ask(`GETFORUPDATE a ${id}`)).toEqual({ status: 'Ok', result: 'two words' });
    expect(await peer.ask(`PUT b 1 EX 100 ${id}`)).toEqual({ status: 'Ok' });
    expect(await peer.ask(`DEL b ${id}`)).toEqual({ status: 'Ok', result: 1 });
    expect(await peer.ask(`TX ${id} MGET a b`)).toEqual({ status: 'Ok', result: ['two words', null] });
    expect(await peer.ask(`COMMIT ${id}`)).toEqual({ status: 'Ok' });
    expect(await peer.ask('GET a')).toEqual({ status: 'Ok', result: 'two words' });
  });

  const wrong: readonly (readonly [line: string, code: string])[] = [
    ['FROB', 'UNKNOWN_COMMAND'],
    ['GET', 'INVALID_OPTION'],
    ['GET a x', 'INVALID_OPTION'],
    ['GET a 1 2', 'INVALID_OPTION'],
    ['GET a 99', 'UNKNOWN_TRANSACTION'],
    ['COMMIT', 'INVALID_OPTION'],
    ['COMMIT 7', 'UNKNOWN_TRANSACTION'],
    ['PUT a', 'INVALID_OPTION'],
    ['PUT a b EX 0', 'INVALID_OPTION'],
    ['PUT a b EX x', 'INVALID_OPTION'],
    ['DEL a b c', 'INVALID_OPTION'],
    ['GETFORUPDATE a', 'INVALID_OPTION'],
    ['BEGIN NOW', 'INVALID_OPTION'],
    ['ENTRIES LIMIT x', 'INVALID_OPTION'],
    ['ENTRIES FORUPDATE', 'INVALID_OPTION'],
    ['TX 1', 'INVALID_OPTION'],
    ['SAVEPOINT', 'INVALID_OPTION'],
    ['MUX 1', 'INVALID_OPTION'],
    ['GET "a', 'INVALID_OPTION'],
  ];
  it('get an error with a code if they are invalid, and the connection stays open', async () => {
    const peer = await line();
    for (const [text, code] of wrong)
      expect(await peer.ask(text), text).toEqual({ status: 'Error', code, mesg: expect.any(String) });
    expect(await peer.ask('PING')).toEqual({ status: 'Ok', result: 'PONG' });
  });

  it('show other values than strings as JSON, and bytes in base64', async () => {
    const { store, port } = await serve();
    await store.put('object', { a: [1, new Date(0)] });
    await store.put('bytes', new Uint8Array([255]));
    await store.put('number', 5);
    const peer = await openPeer({ port });
    expect(await peer.ask('GET object')).toEqual({
      status: 'Ok',
      result: { a: [1, '1970-01-01T00:00:00.000Z'] },
    });
    expect(await peer.ask('GET bytes')).toEqual({ status: 'Ok', result: { base64: '/w==' } });
    expect(await peer.ask('GET number')).toEqual({ status: 'Ok', result: 5 });
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    await store.put('cycle', cyclic);
    expect(await peer.ask('GET cycle')).toMatchObject({ status: 'Error', code: 'INVALID_VALUE' });
  });

  it('reject HTTP requests, so that no web page can reach the store', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    peer.send('POST / HTTP/1.1\r\nHost: localhost\r\n\r\nPUT a stolen\r\n');
    expect(await peer.end()).toContain('PROTOCOL');
    expect(await store.get('a')).toBeUndefined();
  });

  it('are answered after the client has closed its sending side', async () => {
    const peer = await line();
    peer.socket.end('PUT a 1\nGET a\n');
    expect(await peer.end()).toBe('{"status":"Ok"}\n{"status":"Ok","result":"1"}\n');
  });

  it('return the reports of the store', async () => {
    const peer = await line();
    await peer.ask('BEGIN');
    await peer.ask('PUT a 1 1');
    expect(await peer.ask('LOCKS')).toEqual({
      status: 'Ok',
      result: { held: [{ transactionId: 1, key: 'a', mode: 'exclusive' }], waiting: [] },
    });
    expect(await peer.ask('STATS')).toMatchObject({ status: 'Ok', result: { begins: 1, entries: 0 } });
    expect(await peer.ask('SHOWALL')).toEqual({ status: 'Ok', result: [] });
    await peer.ask('COMMITALL');
    expect(await peer.ask('ENTRIES GTE a LT b')).toEqual({ status: 'Ok', result: [['a', '1']] });
  });
});
