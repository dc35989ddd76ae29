import { describe, expect, it } from 'vitest';
import { shortText } from '../../src/protocol/short-text.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

describe('the text of a few bytes', () => {
  it('is what lies there, whatever its length and its place', () => {
    const bytes = Buffer.from(ALPHABET);
    for (let length = 0; length <= 16; length++)
      for (let start = 0; start + length <= bytes.length; start++)
        expect(shortText(bytes, start, start + length)).toBe(ALPHABET.slice(start, start + length));
  });

  it('may have any character of ASCII, at any index', () => {
    for (let code = 0; code < 0x80; code++) {
      const bytes = Buffer.alloc(16, code);
      expect(shortText(bytes, 0, 16)).toBe(String.fromCharCode(code).repeat(16));
    }
  });

  it('is left to others when there are more bytes, or a byte that is no ASCII', () => {
    expect(shortText(Buffer.from(ALPHABET), 0, 17)).toBeUndefined();
    for (let length = 1; length <= 16; length++)
      for (let at = 0; at < length; at++)
        for (const beyond of [0x80, 0xff]) {
          const bytes = Buffer.alloc(length, 'a');
          bytes[at] = beyond;
          expect(shortText(bytes, 0, length), `${beyond} at ${at} of ${length}`).toBeUndefined();
        }
  });

  it('does not depend on what lies beside it', () => {
    expect(shortText(Buffer.from([0xff, 0x61, 0xff]), 1, 2)).toBe('a');
  });
});
