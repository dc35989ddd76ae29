import { describe, expect, it } from 'vitest';
import { type RawReply, RemoteError, ReplyParser } from '../../src/protocol/reply-parser.ts';

/** Parses a text that arrives in one piece, and returns its replies. */
function repliesIn(text: string): RawReply[] {
  const parser = new ReplyParser();
  parser.push(Buffer.from(text));
  const replies: RawReply[] = [];
  for (let reply = parser.next(); reply !== undefined; reply = parser.next()) replies.push(reply);
  return replies;
}

describe('a number in a reply', () => {
  it.each([
    [':7', 7],
    [':-1', -1],
    [':9007199254740991', Number.MAX_SAFE_INTEGER],
    [':9223372036854775807', 2 ** 63],
    [':1e+21', 1e21],
    [':Infinity', Number.POSITIVE_INFINITY],
    ['(1000000000000000000000000000000', 1e30],
    [',1.5', 1.5],
    [',inf', Number.POSITIVE_INFINITY],
    [',-inf', Number.NEGATIVE_INFINITY],
  ])('is parsed, with rounding if it is too large to be exact: %s', (line, number) => {
    expect(repliesIn(`*2\r\n:1\r\n${line}\r\n+OK\r\n`)).toEqual([[1, number], 'OK']);
  });

  it.each([':', ':x', ':NaN', ',nan', ':0x10e', ':1 2'])(
    'fails only its own reply if it is invalid: %s',
    (line) => {
      const [[tag, answer] = [], rest] = repliesIn(`*2\r\n:1\r\n${line}\r\n+OK\r\n`) as [
        RawReply[],
        RawReply,
      ];
      expect([tag, rest]).toEqual([1, 'OK']);
      expect(answer).toBeInstanceOf(RemoteError);
      expect((answer as RemoteError).reply).toMatchObject({ error: { code: 'PROTOCOL' }, ended: false });
    },
  );

  it.each(['$x', '*x', '*9007199254740993', '$1e3', '%-'])(
    'ends the connection if it is an invalid length, because the next reply cannot be found: %s',
    (line) =>
      expect(() => repliesIn(`${line}\r\n+OK\r\n`)).toThrow(expect.objectContaining({ code: 'PROTOCOL' })),
  );
});
