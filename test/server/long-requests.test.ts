import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';
import { textCodec } from '../../src/protocol/text-codec.ts';
import { MAX_PARSED_AT_ONCE } from '../../src/server/long-request.ts';
import { RequestReader } from '../../src/server/request-reader.ts';
import { openPeer } from './peer.ts';
import { serve } from './serve.ts';

const KEYS = 3 * MAX_PARSED_AT_ONCE;
const keys = Array.from({ length: KEYS }, (_, index) => `key:${index}`);
const pairs = keys.flatMap((key, index) => [key, `value ${index}`]);
const MEBI = 2 ** 20;
const limits = {
  maxArguments: 10 * KEYS,
  maxArgumentBytes: MEBI,
  maxRequestBytes: MEBI,
  maxLineBytes: MEBI,
};

function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
}

function readerOf(...requests: readonly (readonly string[])[]): RequestReader {
  const reader = new RequestReader(limits, { codec: textCodec, maxKeyLength: 16 });
  reader.push(Buffer.from(requests.map(requestOf).join('')));
  return reader;
}

/** Parses all parts of a request, and counts the pauses between them. */
function readWhole(reader: RequestReader) {
  for (let pauses = 0; ; pauses++) {
    const request = reader.next();
    if (!reader.isPaused) return { request, pauses };
    expect(request).toBeUndefined();
  }
}

describe('a request with many arguments', () => {
  it('is parsed in parts, with the same result as if it were parsed at once', () => {
    const reader = readerOf(['MSET', ...pairs], ['DEL', ...keys], ['GET', 'a']);
    const { request, pauses } = readWhole(reader);
    expect(pauses).toBe(5);
    const entries = keys.map((key, index) => [key, `value ${index}`]);
    expect(request?.command).toEqual({ name: 'MSET', entries, ttl: undefined });
    expect(readWhole(reader)).toMatchObject({ request: { command: { name: 'DEL', keys } }, pauses: 3 });
    expect(readWhole(reader)).toMatchObject({ request: { command: { name: 'GET', key: 'a' } }, pauses: 0 });
    expect(reader.memory).toBeUndefined();
  });

  it('returns every entry of a list behind more prefixes than fit into one part', () => {
    const prefixes = Array.from({ length: MAX_PARSED_AT_ONCE }, () => 'CANCELLABLE');
    const { request } = readWhole(readerOf([...prefixes, 'MSET', 'a', 'x', 'b', 'y']));
    const entries = [
      ['a', 'x'],
      ['b', 'y'],
    ];
    expect(request?.command).toEqual({ name: 'MSET', entries, ttl: undefined });
  });

  it('counts its memory while it is parsed, and afterwards', () => {
    const reader = readerOf(['MSET', ...pairs]);
    const encodedBytes = reader.unread;
    let countedBytes = 0;
    while (reader.next() === undefined) {
      expect(reader.unread).toBeGreaterThanOrEqual(Math.max(countedBytes, encodedBytes));
      countedBytes = reader.unread;
    }
    expect(reader.memory).toBeGreaterThan(countedBytes);
    expect(reader.unread).toBe(0);
  });

  it.each([
    [['MSET', ...pairs, 'key'], 'INVALID_OPTION', 'The command needs another argument: value.'],
    [['MGET', ...keys, 'longer than 16 units'], 'LIMIT_EXCEEDED', /^A key may have at most 16/],
    [['SET', 'a', 'x', ...keys], 'INVALID_OPTION', 'SET does not accept the argument "key:0" there.'],
    [['SELECTED', ...keys], 'UNKNOWN_COMMAND', /^There is no command/],
  ])('is refused like a short one, and the next request is parsed', (words, code, message) => {
    const reader = readerOf(words, ['GET', 'a']);
    expect(() => readWhole(reader)).toThrow(
      expect.objectContaining({
        code,
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      }),
    );
    expect(readWhole(reader).request?.command).toEqual({ name: 'GET', key: 'a' });
  });

  it('is answered in the order of the requests', async () => {
    const { port } = await serve({ limits: { maxArguments: 10 * KEYS } });
    const peer = await openPeer({ port });
    peer.send(
      [['PING'], ['MSET', ...pairs], ['GET', 'key:7'], ['DEL', ...keys, 'absent'], ['GET', 'key:7']]
        .map(requestOf)
        .join(''),
    );
    expect(await peer.lines(6)).toEqual(['+PONG', '+OK', '$7', 'value 7', `:${KEYS}`, '$-1']);
  });

  it('is answered if the client closes its sending side after it', async () => {
    const { port } = await serve({ limits: { maxArguments: 10 * KEYS } });
    const peer = await openPeer({ port, allowHalfOpen: true });
    peer.socket.end(requestOf(['MSET', ...pairs]));
    expect(await peer.end()).toBe('+OK\r\n');
  });

  it('ends its transaction if it is QUIET and a later part is refused', async () => {
    const { store, port } = await serve({ limits: { maxArguments: 10 * KEYS, maxKeyLength: 16 } });
    const peer = await openPeer({ port });
    peer.command('MUX', '1');
    await peer.until('max-request-bytes');
    await peer.lines(2);
    peer.send(
      [
        ['7', 'BEGIN'],
        ['8', 'QUIET', 'TX', '1', 'MSET', ...pairs, 'longer than 16 units', 'x'],
        ['9', 'COMMIT', '1'],
      ]
        .map(requestOf)
        .join(''),
    );
    const answer = await peer.lines(9);
    const refused = expect.stringMatching(/^-LIMIT_EXCEEDED .*"ended":true/);
    expect(answer).toEqual(['*2', ':7', ':1', '*2', ':8', refused, '*2', ':9', refused]);
    expect(await store.get('key:0')).toBeUndefined();
  });

  it('takes a turn of the event loop for each slow part', async () => {
    let turn = 0;
    const turns = new Set<number>();
    class SlowClock extends FakeClock {
      override monotonicMs(): number {
        turns.add(turn);
        this.advance(10);
        return super.monotonicMs();
      }
    }
    const { port } = await serve({ limits: { maxArguments: 10 * KEYS }, clock: new SlowClock() });
    const peer = await openPeer({ port });
    let isAnswered = false;
    const nextTurn = (): void => {
      turn++;
      if (!isAnswered) setImmediate(nextTurn);
    };
    nextTurn();
    turns.clear();
    // The request has twenty parts. A turn ends at the second read of the clock.
    const many = Array.from({ length: 20 * MAX_PARSED_AT_ONCE }, (_, index) => `${index}`);
    peer.send(requestOf(['EXISTS', ...many]) + requestOf(['PING']));
    expect(await peer.lines(2)).toEqual([':0', '+PONG']);
    isAnswered = true;
    expect(turns.size).toBeGreaterThanOrEqual(10);
  });
});
