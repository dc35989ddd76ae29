import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RequestParser } from '../../src/protocol/request-parser.ts';

const limits = { maxArguments: 10, maxArgumentBytes: 100, maxRequestBytes: 200, maxLineBytes: 200 };
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function array(words: readonly (string | Uint8Array)[]): Buffer {
  const bulks = words.map((word) => {
    const bytes = Buffer.from(word);
    return Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...bulks]);
}

/** The requests that come out when the bytes come in these pieces; each request as the bytes of its words. */
function parsed(
  chunks: readonly Uint8Array[],
  parser: RequestParser = new RequestParser(limits),
): string[][] {
  const requests: string[][] = [];
  for (const chunk of chunks) {
    // The socket may use its memory again.
    const memory = Buffer.from(chunk);
    parser.push(memory);
    for (let args = parser.next(); args !== undefined; args = parser.next())
      requests.push(
        Array.from({ length: args.length }, (_, i) => Buffer.from(args.bytes(i)).toString('latin1')),
      );
  }
  return requests;
}

function failure(bytes: Buffer): { code: unknown; isLost: boolean } {
  const parser = new RequestParser(limits);
  try {
    parsed([bytes], parser);
  } catch (error) {
    return { code: (error as { code: unknown }).code, isLost: parser.isLost };
  }
  return { code: undefined, isLost: parser.isLost };
}

describe('a parser of requests', () => {
  const word = fc.uint8Array({ maxLength: 20 });
  const requests = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

  it('reads arrays cut at every point', () => {
    const stream = Buffer.concat([array(['SET', 'a', 'x\r\ny']), array(['GET', '']), array(['PING'])]);
    const whole = [['SET', 'a', 'x\r\ny'], ['GET', ''], ['PING']];
    for (let cut = 0; cut <= stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
    expect(parsed(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('reads whatever arrays, in whatever pieces', () => {
    fc.assert(
      fc.property(requests, fc.array(fc.nat(400), { maxLength: 8 }), (words, cuts) => {
        const stream = Buffer.concat(words.map(array));
        const points = [0, ...cuts.map((cut) => cut % (stream.length + 1)), stream.length].sort(
          (a, b) => a - b,
        );
        const pieces = points.slice(1).map((end, i) => stream.subarray(points[i], end));
        expect(parsed(pieces)).toEqual(
          words.map((request) => request.map((w) => Buffer.from(w).toString('latin1'))),
        );
      }),
    );
  });

  it('reads lengths of one digit, two and three, written however and cut at every point', () => {
    const wide = { maxArguments: 200, maxArgumentBytes: 200, maxRequestBytes: 100_000, maxLineBytes: 200 };
    for (const length of [0, 1, 9, 10, 19, 99, 100, 101]) {
      const word = 'x'.repeat(length);
      const many = Array.from({ length }, () => 'y');
      const stream = Buffer.concat([
        array([word]),
        latin1(`*01\r\n$${String(length).padStart(4, '0')}\r\n${word}\r\n`),
        ...(length > 0 ? [array(many)] : []),
      ]);
      const whole = [[word], [word], ...(length > 0 ? [many] : [])];
      for (let cut = 0; cut <= stream.length; cut++)
        expect(
          parsed([stream.subarray(0, cut), stream.subarray(cut)], new RequestParser(wide)),
          `${length}, cut at ${cut}`,
        ).toEqual(whole);
    }
  });

  it('keeps no piece of the input once no more of it can be read', () => {
    for (const behind of ['', '*', '*1\r\n$4', '*1\r\n$4\r\nPI']) {
      const parser = new RequestParser(limits);
      const piece = Buffer.concat([array(['PING']), latin1(behind)]);
      parser.push(piece);
      const args = parser.next();
      expect(args?.bytes(0).buffer).toBe(piece.buffer);
      expect(parser.next()).toBeUndefined();
      expect(args?.bytes(0).buffer, behind).not.toBe(piece.buffer);
    }
  });

  it('reads nothing behind the end of what has come', () => {
    for (const rest of ['\r\n', '\n\r', '1', '1\r\n', '\r\n1']) {
      // What is in memory that was not given out yet is not known.
      const allocate = vi
        .spyOn(Buffer, 'allocUnsafeSlow')
        .mockImplementation((size) => Buffer.alloc(size, rest));
      const stream = Buffer.concat([
        array(Array.from({ length: 12 }, () => 'hello world')),
        array(['GET', 'a']),
      ]);
      const wide = { maxArguments: 20, maxArgumentBytes: 100, maxRequestBytes: 1000, maxLineBytes: 100 };
      const requests = parsed(
        Array.from(stream, (byte) => Buffer.from([byte])),
        new RequestParser(wide),
      );
      allocate.mockRestore();
      expect(
        requests.map(({ length }) => length),
        rest,
      ).toEqual([12, 2]);
    }
  });

  it('takes what is exactly as large as it may be', () => {
    const longest = array(['x'.repeat(100), 'y'.repeat(83)]);
    // The end of the last line does not count.
    expect(longest.length - 2).toBe(limits.maxRequestBytes);
    const most = array(Array.from({ length: 10 }, () => 'z'));
    expect(parsed([longest, most]).map(({ length }) => length)).toEqual([2, 10]);
  });

  it('reads lines cut at every point', () => {
    const stream = Buffer.from('GET a 1\r\n\n  \r\nput b "x \\"y\\"\\x41\\n" 2\nPING\n');
    const whole = [['GET', 'a', '1'], ['put', 'b', 'x "y"A\n', '2'], ['PING']];
    for (let cut = 0; cut <= stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
  });

  it('decides by the first byte, for good', () => {
    const lines = new RequestParser(limits);
    parsed([Buffer.from('PING\n*1\n')], lines);
    expect(lines.form).toBe('lines');
    expect(failure(Buffer.concat([array(['PING']), Buffer.from('PING\n')]))).toEqual({
      code: 'PROTOCOL',
      isLost: true,
    });
  });

  it('takes no empty line before the first request for the form of the connection', () => {
    const empty = [latin1('\r\n'), latin1('\n'), latin1('\r'), latin1('\n\r\n')];
    const arrays = new RequestParser(limits);
    expect(parsed([...empty, array(['PING'])], arrays)).toEqual([['PING']]);
    expect(arrays.form).toBe('arrays');
    const lines = new RequestParser(limits);
    expect(parsed([...empty, latin1('PING\r\n')], lines)).toEqual([['PING']]);
    expect(lines.form).toBe('lines');
    const undecided = new RequestParser(limits);
    expect(parsed(empty, undecided)).toEqual([]);
    expect(undecided.form).toBeUndefined();
  });

  it('passes over empty arrays, and empty lines between arrays', () => {
    const stream = Buffer.concat([
      latin1('*0\r\n*-1\r\n\r\n'),
      array(['PING']),
      latin1('\r\n\r\n'),
      array(['PING']),
    ]);
    for (let cut = 1; cut < stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)])).toEqual([['PING'], ['PING']]);
  });

  it('reads a word in quotes of many megabytes', () => {
    const wide = { maxArguments: 9, maxArgumentBytes: 1e8, maxRequestBytes: 1e8, maxLineBytes: 1e8 };
    const parser = new RequestParser(wide);
    const [long, escaped] = ['x'.repeat(2e7), '\\"'.repeat(1e6)];
    parser.push(latin1(`PUT "${long}"  "${escaped}" ""\nPUT "${long}\nPUT "a\\"\nPING\n`));
    const args = parser.next();
    expect(Array.from({ length: args?.length ?? 0 }, (_, i) => args?.text(i).length)).toEqual([
      3, 2e7, 1e6, 0,
    ]);
    for (let wrong = 0; wrong < 2; wrong++)
      expect(() => parser.next()).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(parser.next()?.text(0)).toBe('PING');
  });

  it('goes on behind a line that is wrong in itself', () => {
    for (const [line, code] of [
      ['GET "a', 'INVALID_OPTION'],
      ['GET "a"b', 'INVALID_OPTION'],
      ['GET \xff', 'INVALID_VALUE'],
      [Array.from({ length: 11 }, () => 'x').join(' '), 'LIMIT_EXCEEDED'],
    ] as const) {
      const parser = new RequestParser(limits);
      parser.push(latin1(`${line}\nPING\n`));
      expect(() => parser.next()).toThrow(expect.objectContaining({ code }));
      expect(parser.isLost).toBe(false);
      expect(parser.next()?.text(0)).toBe('PING');
    }
  });

  const lost: readonly (readonly [what: string, bytes: Buffer, code: string])[] = [
    ['too many arguments', latin1('*11\r\n'), 'LIMIT_EXCEEDED'],
    ['an absurd number of arguments', latin1('*9999999999999999\r\n'), 'LIMIT_EXCEEDED'],
    ['an argument that is too long', latin1('*1\r\n$101\r\n'), 'LIMIT_EXCEEDED'],
    ['a request that is too long', array(['x'.repeat(100), 'x'.repeat(100)]), 'LIMIT_EXCEEDED'],
    ['a line that is too long', latin1(`${'x'.repeat(201)}\n`), 'LIMIT_EXCEEDED'],
    ['a line that is too long and has no end', latin1('x'.repeat(201)), 'LIMIT_EXCEEDED'],
    ['a nested array', latin1('*1\r\n*1\r\n$1\r\na\r\n'), 'PROTOCOL'],
    ['a null argument', latin1('*1\r\n$-1\r\n'), 'PROTOCOL'],
    ['a length that is no number', latin1('*x\r\n'), 'PROTOCOL'],
    ['a length without digits', latin1('*\r\n'), 'PROTOCOL'],
    ['a length of too many digits', latin1(`*${'0'.repeat(30)}`), 'PROTOCOL'],
    ['a length that ends wrongly', latin1('*1\rx'), 'PROTOCOL'],
    ['a length of one digit that ends wrongly, more behind it', latin1('*1\rx$4\r\nPING\r\n'), 'PROTOCOL'],
    ['a length of one digit that ends with LF', latin1('*1\n$4\r\nPING\r\n'), 'PROTOCOL'],
    ['a length of two digits that ends wrongly', latin1('*10\rx$4\r\n'), 'PROTOCOL'],
    ['a length of two digits that ends with LF', latin1('*10\n$4\r\nPING'), 'PROTOCOL'],
    ['a second digit that is none', latin1('*1:\r\n$4\r\n'), 'PROTOCOL'],
    ['a first digit that is none', latin1('*/1\r\n'), 'PROTOCOL'],
    ['a length of two digits without CR', latin1('*10x\n$4\r\nPING'), 'PROTOCOL'],
    ['an argument longer than it said', latin1('*1\r\n$1\r\nabc'), 'PROTOCOL'],
    ['an argument of another type', latin1('*1\r\n:1\r\n'), 'PROTOCOL'],
    ['an argument of another type, whole', latin1('*1\r\n:1\r\na\r\n'), 'PROTOCOL'],
  ];
  for (const [what, bytes, code] of lost) {
    it(`gives up at ${what}`, () => {
      expect(failure(bytes)).toEqual({ code, isLost: true });
    });
  }

  it('never fails but with a code, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.uint8Array(), fc.constantFrom(...lost.map(([, bytes]) => bytes)))),
        (chunks) => {
          try {
            parsed(chunks);
          } catch (error) {
            expect(['PROTOCOL', 'LIMIT_EXCEEDED', 'INVALID_OPTION', 'INVALID_VALUE']).toContain(
              (error as { code: unknown }).code,
            );
          }
        },
      ),
    );
  });

  it('gives text only where it is UTF-8, the replacement character included', () => {
    const parser = new RequestParser(limits);
    parser.push(array(['\ufffd', Buffer.from([0xff]), '😀']));
    const args = parser.next();
    expect(args?.text(0)).toBe('\ufffd');
    expect(() => args?.text(1)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    expect(args?.text(2)).toBe('😀');
  });

  it('looks at each byte a bounded number of times', () => {
    // A line and a bulk of a million bytes in pieces of a hundred would take minutes if each piece went over
    // all of it again.
    const wide = { maxArguments: 2, maxArgumentBytes: 1e7, maxRequestBytes: 1e7, maxLineBytes: 1e7 };
    const piece = Buffer.alloc(100, 0x78);
    const sent = { lines: Buffer.from('x'), arrays: Buffer.from('*1\r\n$1000000\r\n') };
    for (const [form, head] of Object.entries(sent)) {
      const parser = new RequestParser(wide);
      let copied = 0;
      const copy = Buffer.prototype.copy;
      Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>) {
        const count = copy.apply(this, args);
        copied += count;
        return count;
      };
      try {
        parser.push(head);
        for (let i = 0; i < 10_000; i++) {
          expect(parser.next()).toBeUndefined();
          parser.push(piece);
        }
      } finally {
        Buffer.prototype.copy = copy;
      }
      parser.push(Buffer.from('\r\n'));
      expect(parser.next()?.length, form).toBe(1);
      expect(copied, form).toBeLessThan(3_000_000);
    }
  });
});
