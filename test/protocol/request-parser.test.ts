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

/** Parses the bytes in these pieces, and returns the words of each request as latin1 strings. */
function parsed(
  chunks: readonly Uint8Array[],
  parser: RequestParser = new RequestParser(limits),
): string[][] {
  const requests: string[][] = [];
  for (const chunk of chunks) {
    // The parser gets a copy, because the socket may reuse its memory.
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

describe('a request parser', () => {
  const word = fc.uint8Array({ maxLength: 20 });
  const requests = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });

  it('parses arrays that are cut at any point', () => {
    const stream = Buffer.concat([array(['SET', 'a', 'x\r\ny']), array(['GET', '']), array(['PING'])]);
    const whole = [['SET', 'a', 'x\r\ny'], ['GET', ''], ['PING']];
    for (let cut = 0; cut <= stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
    expect(parsed(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('parses any arrays in any pieces', () => {
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

  it('parses lengths of one to three digits, also with leading zeros, cut at any point', () => {
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

  it('keeps no reference to a piece of input after the last request in it', () => {
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

  it('reads nothing beyond the received bytes', () => {
    for (const rest of ['\r\n', '\n\r', '1', '1\r\n', '\r\n1']) {
      // The unused part of the allocated memory has arbitrary content.
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

  it('accepts sizes that equal the limits', () => {
    const longest = array(['x'.repeat(100), 'y'.repeat(83)]);
    // The line end of the last line does not count.
    expect(longest.length - 2).toBe(limits.maxRequestBytes);
    const most = array(Array.from({ length: 10 }, () => 'z'));
    expect(parsed([longest, most]).map(({ length }) => length)).toEqual([2, 10]);
  });

  it('parses lines that are cut at any point', () => {
    const stream = Buffer.from('GET a 1\r\n\n  \r\nput b "x \\"y\\"\\x41\\n" 2\nPING\n');
    const whole = [['GET', 'a', '1'], ['put', 'b', 'x "y"A\n', '2'], ['PING']];
    for (let cut = 0; cut <= stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)]), `cut at ${cut}`).toEqual(whole);
  });

  it('chooses the form by the first byte, and does not change it later', () => {
    const lines = new RequestParser(limits);
    parsed([Buffer.from('PING\n*1\n')], lines);
    expect(lines.form).toBe('lines');
    expect(failure(Buffer.concat([array(['PING']), Buffer.from('PING\n')]))).toEqual({
      code: 'PROTOCOL',
      isLost: true,
    });
  });

  it('ignores empty lines before the first request when it chooses the form', () => {
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

  it('skips empty arrays, and empty lines between arrays', () => {
    const stream = Buffer.concat([
      latin1('*0\r\n*-1\r\n\r\n'),
      array(['PING']),
      latin1('\r\n\r\n'),
      array(['PING']),
    ]);
    for (let cut = 1; cut < stream.length; cut++)
      expect(parsed([stream.subarray(0, cut), stream.subarray(cut)])).toEqual([['PING'], ['PING']]);
  });

  it('parses a quoted word of many megabytes', () => {
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

  it('continues after an invalid line', () => {
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
    ['an absurdly large number of arguments', latin1('*9999999999999999\r\n'), 'LIMIT_EXCEEDED'],
    ['an argument that is too long', latin1('*1\r\n$101\r\n'), 'LIMIT_EXCEEDED'],
    ['a request that is too long', array(['x'.repeat(100), 'x'.repeat(100)]), 'LIMIT_EXCEEDED'],
    ['a line that is too long', latin1(`${'x'.repeat(201)}\n`), 'LIMIT_EXCEEDED'],
    ['a line that is too long and has no end', latin1('x'.repeat(201)), 'LIMIT_EXCEEDED'],
    ['a nested array', latin1('*1\r\n*1\r\n$1\r\na\r\n'), 'PROTOCOL'],
    ['a null argument', latin1('*1\r\n$-1\r\n'), 'PROTOCOL'],
    ['a length that is not a number', latin1('*x\r\n'), 'PROTOCOL'],
    ['a length without digits', latin1('*\r\n'), 'PROTOCOL'],
    ['a length of too many digits', latin1(`*${'0'.repeat(30)}`), 'PROTOCOL'],
    ['a length with a wrong line end', latin1('*1\rx'), 'PROTOCOL'],
    [
      'a length of one digit with a wrong line end and more bytes after it',
      latin1('*1\rx$4\r\nPING\r\n'),
      'PROTOCOL',
    ],
    ['a length of one digit that ends with LF', latin1('*1\n$4\r\nPING\r\n'), 'PROTOCOL'],
    ['a length of two digits with a wrong line end', latin1('*10\rx$4\r\n'), 'PROTOCOL'],
    ['a length of two digits that ends with LF', latin1('*10\n$4\r\nPING'), 'PROTOCOL'],
    ['a second digit that is not a digit', latin1('*1:\r\n$4\r\n'), 'PROTOCOL'],
    ['a first digit that is not a digit', latin1('*/1\r\n'), 'PROTOCOL'],
    ['a length of two digits without CR', latin1('*10x\n$4\r\nPING'), 'PROTOCOL'],
    ['an argument longer than its length', latin1('*1\r\n$1\r\nabc'), 'PROTOCOL'],
    ['an argument of another type', latin1('*1\r\n:1\r\n'), 'PROTOCOL'],
    ['a complete argument of another type', latin1('*1\r\n:1\r\na\r\n'), 'PROTOCOL'],
  ];
  for (const [what, bytes, code] of lost) {
    it(`rejects ${what}, and cannot continue`, () => {
      expect(failure(bytes)).toEqual({ code, isLost: true });
    });
  }

  it('throws only errors with a code, for any input', () => {
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

  it('decodes UTF-8, including the replacement character, and refuses other bytes', () => {
    const parser = new RequestParser(limits);
    parser.push(array(['\ufffd', Buffer.from([0xff]), '😀']));
    const args = parser.next();
    expect(args?.text(0)).toBe('\ufffd');
    expect(() => args?.text(1)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
    expect(args?.text(2)).toBe('😀');
  });

  it('copies each byte a bounded number of times', () => {
    // A line and a bulk string of a million bytes arrive in pieces of a hundred. If each piece were parsed
    // from the start, this would take minutes.
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
