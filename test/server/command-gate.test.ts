import { describe, expect, it } from 'vitest';
import { openPeer, type Peer } from './peer.ts';
import { serve } from './serve.ts';

function requestOf(line: string): string {
  const words = line.split(' ');
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}

/** Sends commands in one piece. Each of them must have a reply of one line. */
function pipeline(peer: Peer, ...lines: readonly string[]): Promise<string[]> {
  peer.send(lines.map(requestOf).join(''));
  return peer.lines(lines.length);
}

const NOT_RUN = expect.stringMatching(/^-UNKNOWN_COMMAND \w+ was not run: MULTI was refused\./);
const NO_MULTI = expect.stringMatching(/^-UNKNOWN_COMMAND MULTI is not supported\./);
const EXECABORT = '-EXECABORT Transaction discarded because of previous errors.';

describe('after a refused MULTI', () => {
  it('no command runs until EXEC, which returns the error of Redis', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    const answers = await pipeline(
      peer,
      ...['WATCH a', 'MULTI', 'SET a 1', 'GET a', 'FROB', 'PING', 'AUTH x', 'BEGIN', 'EXEC', 'SET b 1'],
    );
    expect(answers).toEqual([
      expect.stringMatching(/^-UNKNOWN_COMMAND WATCH is not supported\./),
      NO_MULTI,
      NOT_RUN,
      NOT_RUN,
      expect.stringMatching(/^-UNKNOWN_COMMAND There is no command/),
      ...[NOT_RUN, NOT_RUN, NOT_RUN],
      EXECABORT,
      '+OK',
    ]);
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, '1']);
    expect(store.stats().activeTransactions).toBe(0);
  });

  it('DISCARD and RESET end the refusal, and without MULTI, EXEC and DISCARD are refused', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    expect(await pipeline(peer, 'MULTI', 'SET a 1', 'DISCARD', 'SET b 1')).toEqual([
      NO_MULTI,
      NOT_RUN,
      '+OK',
      '+OK',
    ]);
    expect(await pipeline(peer, 'multi', 'MULTI', 'RESET', 'SET c 1')).toEqual([
      NO_MULTI,
      NOT_RUN,
      '+RESET',
      '+OK',
    ]);
    for (const end of ['EXEC', 'DISCARD', 'UNWATCH'])
      expect(await pipeline(peer, end)).toEqual([
        expect.stringContaining(`-UNKNOWN_COMMAND ${end} is not supported.`),
      ]);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([undefined, '1', '1']);
  });

  it('another connection can run commands', async () => {
    const { port } = await serve();
    const [peer, other] = [await openPeer({ port }), await openPeer({ port })];
    await pipeline(peer, 'MULTI');
    expect(await pipeline(other, 'SET a 1')).toEqual(['+OK']);
  });

  it.each(['MULTI extra', 'MULTI \xff'])('a MULTI with arguments has the same effect: %o', async (multi) => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    expect(await pipeline(peer, multi, 'SET a 1', 'EXEC')).toEqual([NO_MULTI, NOT_RUN, EXECABORT]);
    expect(await store.has('a')).toBe(false);
  });

  it('a client without a password is refused too, and can authenticate after EXEC', async () => {
    const { store, port } = await serve({ password: 'right' });
    const peer = await openPeer({ port });
    const required = expect.stringMatching(/^-AUTH_REQUIRED /);
    expect(await pipeline(peer, 'MULTI', 'AUTH right', 'EXEC', 'AUTH right', 'SET b 1')).toEqual([
      required,
      NOT_RUN,
      required,
      '+OK',
      '+OK',
    ]);
    expect(await store.has('a')).toBe(false);
  });

  it('plain lines are refused too, with a code', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    expect(await peer.ask('MULTI')).toMatchObject({ status: 'Error', code: 'UNKNOWN_COMMAND' });
    expect(await peer.ask('PUT a 1')).toMatchObject({ status: 'Error', code: 'UNKNOWN_COMMAND' });
    expect(await peer.ask('EXEC')).toMatchObject({ status: 'Error', code: 'TRANSACTION_ABORTED' });
    expect(await peer.ask('PUT b 1')).toEqual({ status: 'Ok' });
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, '1']);
  });
});

describe('after a refused SELECT', () => {
  it.each(['SELECT 1', 'SELECT -1', 'SELECT 00', 'SELECT one', 'SELECT', 'SELECT 0 0', 'SELECT \xff'])(
    'no command reaches the data until SELECT 0 succeeds: %o',
    async (select) => {
      const { store, port } = await serve();
      const peer = await openPeer({ port });
      const refused = expect.stringMatching(/^-INVALID_OPTION \w+ was not run: SELECT was refused\./);
      expect(
        await pipeline(peer, select, 'SET a 1', 'GET a', 'DBSIZE', 'PING', 'SELECT 0', 'SET b 1'),
      ).toEqual([
        expect.stringMatching(/^-INVALID_OPTION SELECT takes only 0/),
        ...[refused, refused, refused],
        '+PONG',
        '+OK',
        '+OK',
      ]);
      expect(await store.getMany(['a', 'b'])).toEqual([undefined, '1']);
    },
  );

  it('RESET selects the only database', async () => {
    const { port } = await serve();
    const peer = await openPeer({ port });
    const answers = await pipeline(peer, 'SELECT 1', 'RESET', 'SET a 1');
    expect(answers.slice(1)).toEqual(['+RESET', '+OK']);
  });

  it('AUTH after it does not let a command reach the data', async () => {
    const { store, port } = await serve({ password: 'right' });
    const peer = await openPeer({ port });
    const answers = await pipeline(peer, 'SELECT 1', 'AUTH right', 'SET a 1');
    expect(answers[2]).toMatch(/^-INVALID_OPTION SET was not run/);
    expect(await store.has('a')).toBe(false);
  });

  it('a refused QUIET command ends its transaction', async () => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    await pipeline(peer, 'BEGIN');
    peer.command('MUX', '1');
    await peer.until('max-request-bytes');
    await peer.lines(2);
    peer.send(['7 SELECT 1', '8 QUIET TX 1 SET a 1', '9 SELECT 0', '10 COMMIT 1'].map(requestOf).join(''));
    const ended = (await peer.lines(12)).filter((line) => /^-INVALID_OPTION .*"ended":true/.test(line));
    expect(ended).toHaveLength(2);
    expect(await store.has('a')).toBe(false);
  });
});

describe('a client that ignores an error', () => {
  it.each(['CLIENT REPLY OFF', 'CLIENT REPLY SKIP'])(
    'is cut off after %s, because it would misread later replies',
    async (line) => {
      const { store, port } = await serve();
      const peer = await openPeer({ port });
      peer.send(requestOf('SET a 1') + requestOf(line) + requestOf('SET b 1'));
      expect(await peer.end()).toMatch(/^\+OK\r\n-INVALID_OPTION CLIENT REPLY may only be ON\..*\r\n$/);
      expect(await store.getMany(['a', 'b'])).toEqual(['1', undefined]);
      const other = await openPeer({ port });
      expect(await pipeline(other, 'CLIENT REPLY ON', 'PING')).toEqual(['+OK', '+PONG']);
    },
  );

  it('runs no commands after a wrong password in AUTH or HELLO', async () => {
    const { store, port } = await serve({ password: 'right', limits: { authFailureDelay: 0 } });
    for (const line of ['AUTH wrong', 'HELLO 3 AUTH me wrong', 'HELLO 4 AUTH me right', 'HELLO']) {
      const peer = await openPeer({ port });
      const answers = await pipeline(peer, line, 'SET a 1');
      expect(answers, line).toEqual([
        expect.stringMatching(/^-(AUTH_FAILED|AUTH_REQUIRED|INVALID_OPTION) /),
        expect.stringMatching(/^-AUTH_REQUIRED /),
      ]);
    }
    expect(await store.has('a')).toBe(false);
  });

  it.each([
    ...['SET a 1 NX', 'SET a 1 XX', 'SET a 1 GET', 'SET a 1 KEEPTTL', 'SET a 1 EXAT 9999999999'],
    ...[
      'SET a 1 PXAT 9999999999999',
      'SET a 1 EX 5 NX',
      'SET a 1 NX EX 5',
      'SET a 1 EX 5 PX 5',
      'SET a 1 EX 0',
    ],
    ...[
      'SET a 1 EX -1',
      'SET a 1 EX',
      'SET a',
      'MSET a 1 b',
      'PUTMANY 1 a',
      'SUBSCRIBE a',
      'CLIENT TRACKING ON',
    ],
  ])('gets an error for an unknown option or command: %s', async (line) => {
    const { store, port } = await serve();
    const peer = await openPeer({ port });
    expect(await pipeline(peer, line)).toEqual([
      expect.stringMatching(/^-(INVALID_OPTION|UNKNOWN_COMMAND) /),
    ]);
    expect(store.stats().entries).toBe(0);
  });
});
