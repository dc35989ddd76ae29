import { describe, expect, it } from 'vitest';
import { shortText } from '../../src/protocol/short-text.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';

describe('shortText', () => {
  it('returns the text of up to 16 bytes at any position', () => {
    const bytes = Buffer.from(ALPHABET);
    for (let length = 0; length <= 16; length++)
      for (let start = 0; start + length <= bytes.length; start++)
        expect(shortText(bytes, start, start + length)).toBe(ALPHABET.slice(start, start + length));
  });

  it('accepts every ASCII character at every index', () => {
    for (let code = 0; code < 0x80; code++) {
      const bytes = Buffer.alloc(16, code);
      expect(shortText(bytes, 0, 16)).toBe(String.fromCharCode(code).repeat(16));
    }
  });

  it('returns undefined for more bytes, and for bytes that are not ASCII', () => {
    expect(shortText(Buffer.from(ALPHABET), 0, 17)).toBeUndefined();
    for (let length = 1; length <= 16; length++)
      for (let at = 0; at < length; at++)
        for (const beyond of [0x80, 0xff]) {
          const bytes = Buffer.alloc(length, 'a');
          bytes[at] = beyond;
          expect(shortText(bytes, 0, length), `${beyond} at ${at} of ${length}`).toBeUndefined();
        }
  });

  it('ignores the bytes around the text', () => {
    expect(shortText(Buffer.from([0xff, 0x61, 0xff]), 1, 2)).toBe('a');
  });
});
