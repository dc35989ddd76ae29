import { MemStore, startServer } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { openPeer, type Peer } from '../../server/peer.ts';

function request(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** A session with every kind of reply. The ids are known because the store is new. */
const commands = [
  ['SET', 'a', 'x\r\ny'],
  ['BEGIN'],
  ['TX', '2', 'GET', 'a'],
  ['TX', '2', 'LOCKTIMEOUT', '5', 'SET', 'b', '2'],
  ['TX', '2', 'ENTRIES', 'LIMIT', '5'],
  ['FROB'],
  ['COMMIT', '2'],
  ['MGET', 'a', 'none'],
  ['PING'],
];
const resp2 = commands.map((words) => request(...words)).join('');
const tagged = commands.map((words, index) => request(`${index + 1}`, ...words)).join('');
const sessions: Readonly<Record<string, string>> = {
  'RESP 2': resp2,
  'RESP 3': request('HELLO', '3') + resp2,
  'plain lines':
    'SET a "x\\r\\ny"\r\nBEGIN\nGET a 2\n\nPUT b 2 PX 5000 2\nFROB\nGET "\nCOMMIT 2\nMGET a none\nPING\n',
  'tagged requests': request('MUX', '1') + tagged,
  'tagged requests with MessagePack':
    request('HELLO', '3') + request('MUX', '1', 'MSGPACK') + tagged.replaceAll('x\r\ny', '\xa3x\ny'),
};

/** Returns the answers to pieces that arrive one by one. */
async function answersTo(pieces: readonly string[]): Promise<string> {
  const store = new MemStore();
  const server = await startServer(store, { port: 0 });
  const port = server.port ?? 0;
  const peer = await openPeer({ port });
  const other = pieces.length > 1 ? await openPeer({ port }) : undefined;
  for (const piece of pieces) {
    peer.send(piece);
    // When this request is answered, the server has read the previous piece.
    await other?.ask('PING');
    await other?.ask('PING');
  }
  const answers = pieces.join('').includes('MUX') ? await inOrder(peer) : await peer.until('PONG');
  peer.socket.destroy();
  other?.socket.destroy();
  await server.close({ drainTimeout: 0 });
  await store.close();
  return answers;
}

/** Returns the answers to tagged requests, sorted by tag. They arrive in any order. */
async function inOrder(peer: Peer): Promise<string> {
  let answers = '';
  const tags = commands.map((_, index) => `*2\r\n:${index + 1}\r\n`);
  while (!tags.every((tag) => answers.includes(tag))) answers += await peer.until('\r\n');
  // Also reads the rest of the last answer.
  peer.command('99', 'PING');
  answers += await peer.until(':99\r\n+PONG\r\n');
  return answers
    .split(/(?=\*2\r\n:\d+\r\n)/)
    .sort()
    .join('');
}

describe.each(Object.entries(sessions))('a session in %s', (_form, bytes) => {
  it('gets the same answers for every position of a split', async () => {
    const whole = await answersTo([bytes]);
    expect(whole).toContain('UNKNOWN_COMMAND');
    expect(whole).not.toContain('UNKNOWN_TRANSACTION');
    for (let at = 1; at < bytes.length; at++)
      expect(await answersTo([bytes.slice(0, at), bytes.slice(at)]), `split at ${at}`).toBe(whole);
  });
});
