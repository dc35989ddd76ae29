import { describe, expect, it } from 'vitest';
import { isWord, WordTable } from '../../src/protocol/word-table.ts';

describe('a word table', () => {
  const words = ['GET', 'SET', 'GOT', 'COMMIT', 'COMMITALL'];
  const table = new WordTable(words.map((word, i) => [word, i]));
  const find = (text: string): number | undefined => {
    const bytes = Buffer.from(`*${text}*`);
    return table.find(bytes, 1, bytes.length - 1);
  };

  it('finds each word in upper, lower and mixed case', () => {
    expect(words.map(find)).toEqual([0, 1, 2, 3, 4]);
    expect(words.map((word) => find(word.toLowerCase()))).toEqual([0, 1, 2, 3, 4]);
    expect(find('cOmMiT')).toBe(3);
  });

  it('finds no other words', () => {
    for (const text of ['', 'G', 'GE', 'GETS', 'GAT', 'COMMITS', 'COMMITALLS', 'ſET', 'G\x05T', "'ET"])
      expect(find(text), text).toBe(undefined);
  });
});

describe('isWord', () => {
  it('ignores the case of letters, and compares other characters exactly', () => {
    const is = (text: string, word: string): boolean => isWord(Buffer.from(text), 0, word);
    expect([is('px', 'PX'), is('Px', 'PX'), is('-', '-')]).toEqual([true, true, true]);
    expect([is('py', 'PX'), is('\r', '-'), is('0X', 'PX')]).toEqual([false, false, false]);
  });
});
