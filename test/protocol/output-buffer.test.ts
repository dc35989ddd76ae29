import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutputBuffer } from '../../src/protocol/output-buffer.ts';

const DOLLAR = '$'.charCodeAt(0);

/** An addition to the buffer, and the bytes that it must produce. */
interface Addition {
  readonly add: (output: OutputBuffer) => void;
  readonly bytes: Buffer;
}

const bulk = (content: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`$${content.length}\r\n`), content, Buffer.from('\r\n')]);
// Short and long texts, with characters of one to four bytes and lone surrogates.
const text = fc
  .tuple(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom(1, 1, 1, 30))
  .map(([unit, times]) => unit.repeat(times));
const addition: fc.Arbitrary<Addition> = fc.oneof(
  text.map((word) => ({ add: (output: OutputBuffer) => output.add(word), bytes: Buffer.from(word) })),
  text.map((word) => ({
    add: (output: OutputBuffer) => output.addBulk(word),
    bytes: bulk(Buffer.from(word)),
  })),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => ({
    add: (output: OutputBuffer) => output.addBulk(bytes),
    bytes: bulk(Buffer.from(bytes)),
  })),
  fc.uint8Array({ maxLength: 100 }).map((bytes) => ({
    add: (output: OutputBuffer) => output.addBytes(bytes),
    bytes: Buffer.from(bytes),
  })),
  fc.oneof(fc.nat(20), fc.maxSafeNat()).map((value) => ({
    add: (output: OutputBuffer) => output.addNumber(DOLLAR, value),
    bytes: Buffer.from(`$${value}\r\n`),
  })),
);
const additions = fc.array(addition, { maxLength: 8 });
const together = (all: readonly Addition[]): Buffer => Buffer.concat(all.map(({ bytes }) => bytes));

describe('an output buffer', () => {
  it('returns the added bytes, and later additions do not change them', () => {
    fc.assert(
      fc.property(fc.array(additions, { maxLength: 3 }), (pieces) => {
        const output = new OutputBuffer();
        const taken = pieces.map((piece) => {
          for (const { add } of piece) add(output);
          expect(output.length).toBe(together(piece).length);
          return output.take();
        });
        expect(taken).toEqual(pieces.map(together));
        expect(output.length).toBe(0);
      }),
    );
  });

  it('discards the additions after a given length, and appends another buffer', () => {
    fc.assert(
      fc.property(additions, additions, additions, (kept, forgotten, others) => {
        const output = new OutputBuffer();
        const other = new OutputBuffer();
        for (const { add } of kept) add(output);
        const { length } = output;
        for (const { add } of forgotten) add(output);
        output.cut(length);
        for (const { add } of others) add(other);
        output.addAll(other);
        expect(output.take()).toEqual(together([...kept, ...others]));
      }),
    );
  });

  it('frees the memory of a large addition that it discards', () => {
    const output = new OutputBuffer();
    output.add('kept');
    output.addBytes(new Uint8Array(1_000_000));
    output.cut(4);
    output.add('!');
    const taken = output.take();
    expect(String(taken)).toBe('kept!');
    expect(taken.buffer.byteLength).toBeLessThanOrEqual(16_384);
  });

  it('copies nothing when it discards a small addition after a large one', () => {
    const output = new OutputBuffer();
    output.addBytes(new Uint8Array(100_000));
    output.addBytes(new Uint8Array(10));
    output.cut(100_000);
    output.cut(100_000);
    expect(output.take().buffer.byteLength).toBe(200_000);
  });
});
