import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/cli/connect/answer.ts';
import { quoteWord } from '../../src/cli/connect/complete.ts';
import { prettyAnswer } from '../../src/cli/connect/pretty-answer.ts';
import { suggestVerb } from '../../src/cli/connect/suggest-verb.ts';
import { verbs } from '../../src/cli/connect/verbs/verbs.ts';
import { cutText } from '../../src/cli/cut-text.ts';
import { formatCount, formatDuration, formatSize } from '../../src/cli/format.ts';
import { lockText } from '../../src/cli/lock-text.ts';
import { parseDuration, parseSize } from '../../src/cli/parse.ts';
import { describeTarget, parseTarget } from '../../src/cli/parse-target.ts';
import { wrapText } from '../../src/cli/wrap-text.ts';
import { splitWords } from '../../src/protocol/split-words.ts';

describe('command-line input', () => {
  it('accepts sizes', () => {
    const sizes = ['65536', '1b', '2k', '2kb', '2KiB', '512mb', '1.5GB'].map(parseSize);
    expect(sizes).toEqual([65536, 1, 2048, 2048, 2048, 512 * 1024 ** 2, 1.5 * 1024 ** 3]);
    for (const wrong of ['', 'mb', '-1', '1tb', '0', '1e9', '0.1b', '9999999gb'])
      expect(() => parseSize(wrong), wrong).toThrow('a size such as');
  });

  it('accepts durations', () => {
    const times = ['5', '5ms', '1.5s', '2m', '2min', '1h', 'never'].map(parseDuration);
    expect(times).toEqual([5, 5, 1500, 120_000, 120_000, 3_600_000, Number.POSITIVE_INFINITY]);
    for (const wrong of ['', 's', '-1', '1d', '1e3'])
      expect(() => parseDuration(wrong), wrong).toThrow('a time');
  });

  it('accepts servers', () => {
    expect(parseTarget('8001')).toEqual({ host: '127.0.0.1', port: 8001 });
    expect(parseTarget(':8001')).toEqual({ host: '127.0.0.1', port: 8001 });
    expect(parseTarget('db')).toEqual({ host: 'db', port: 8000 });
    expect(parseTarget('db:1')).toEqual({ host: 'db', port: 1 });
    expect(parseTarget('memstore://me:a%20b@[::1]:7/')).toEqual({ host: '::1', port: 7, password: 'a b' });
    expect(parseTarget('memstores://db')).toEqual({ host: 'db', port: 8000, tls: {} });
    expect(parseTarget('/run/a b.sock')).toEqual({ path: '/run/a b.sock' });
    expect(parseTarget('memstore+unix:///run/a%20b.sock')).toEqual({ path: '/run/a b.sock' });
    for (const wrong of [
      '',
      'http://a',
      'memstore://a/b',
      'memstore://a?x=1',
      'a:99999',
      'memstore+unix://a',
    ])
      expect(() => parseTarget(wrong), wrong).toThrow('The server must have the form');
    expect(['db:1', 'memstores://[::1]', '/a'].map((text) => describeTarget(parseTarget(text)))).toEqual([
      'db:1',
      'tls [::1]:8000',
      '/a',
    ]);
  });

  it.each(['plain', 'two words', '', 'a"b', '"', '\\', 'tab\there', 'line\nend', '\u0001', 'ü', '\u00a0'])(
    'completes the word %j in a form that parses back to the same word',
    (word) => expect(splitWords(`GET ${quoteWord(word)}`)).toEqual(['GET', word]),
  );

  it('gets a suggestion for a mistyped command', () => {
    expect(['gte', 'SHOW', 'BEGNI', 'loks', 'nonsense'].map(suggestVerb)).toEqual([
      'GET',
      'SHOWALL',
      'BEGIN',
      'LOCKS',
      undefined,
    ]);
  });
});

describe('formatted output', () => {
  it('shows sizes, durations and counts with a unit that fits their size', () => {
    expect([0, 1023, 1024, 1.5 * 1024 ** 2, 200 * 1024 ** 3].map(formatSize)).toEqual([
      '0 B',
      '1023 B',
      '1.0 kB',
      '1.5 MB',
      '200 GB',
    ]);
    const times = [0.123, 12.3, 1234, 59_400, 300_000, 7_800_000, 100 * 3_600_000];
    expect(times.map(formatDuration)).toEqual([
      '0.12 ms',
      '12 ms',
      '1.2 s',
      '59 s',
      '5 min',
      '2 h 10 min',
      '4 d 4 h',
    ]);
    expect([0, 0.25, 12.6, 1_234_567].map(formatCount)).toEqual(['0', '0.3', '13', '1,234,567']);
  });

  it('shows ranges in interval notation', () => {
    const shown = (from: string, to: string | undefined): string => lockText({ range: { from, to } });
    expect(shown('', undefined)).toBe('all keys');
    expect(shown('a', 'b')).toBe('["a" … "b")');
    expect(shown('a\0', 'b\0')).toBe('("a" … "b"]');
    expect(shown('a', undefined)).toBe('["a" … the end');
    expect(lockText({ key: 'a' })).toBe('"a"');
  });

  it('breaks lines between words', () => {
    expect(wrapText('one two three', 7)).toBe('one two\nthree');
    expect(wrapText('unbreakable is', 5)).toBe('unbreakable\nis');
  });
});

describe('data from other clients', () => {
  const tricks = '\x1b[2J \x9b2J \x07 \u202etxt.exe \u2066';
  const look = { colors: picocolors.createColors(false), width: 60 };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const commands = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]/;

  it('is shown without its terminal control characters', () => {
    const answers: readonly Answer[] = [
      { kind: 'value', value: tricks },
      { kind: 'value', value: { [tricks]: [tricks] } },
      { kind: 'values', keys: [tricks], values: [tricks] },
      { kind: 'entries', rows: [[tricks, tricks]], hasMore: false },
      { kind: 'everything', rows: [[tricks, { tricks }, 1]], hasMore: false },
      {
        kind: 'locks',
        report: { held: [{ key: tricks, mode: 'shared', transactionId: 1 }], waiting: [] },
      },
      {
        kind: 'lock-summary',
        summary: {
          held: 1,
          exclusive: 1,
          waiting: 1,
          longestWaitMs: undefined,
          contended: [{ key: tricks, waiting: 1 }],
          waits: [],
        },
      },
    ];
    for (const answer of answers) {
      const text = prettyAnswer(answer, look);
      expect(text, answer.kind).toMatch(/\\u001b|\\x1B/);
      expect(text, answer.kind).not.toMatch(commands);
    }
  });

  it('is cut by display columns, and wide characters take two of them', () => {
    expect(cutText('abcdef', 6)).toBe('abcdef');
    expect(cutText('abcdefg', 6)).toBe('abcde…');
    expect(cutText('漢字漢字', 8)).toBe('漢字漢字');
    expect(cutText('漢字漢字漢', 8)).toBe('漢字漢…');
    expect(cutText('x'.repeat(1e6), 3)).toBe('xx…');
    const rows: [string, unknown][] = [['鍵'.repeat(50), '漢字'.repeat(50)]];
    const lines = prettyAnswer({ kind: 'entries', rows, hasMore: false }, look).split('\n');
    expect(lines.length).toBe(3);
    // Each of these characters takes two columns.
    expect(
      Math.max(...lines.map((line) => line.length + (line.match(/[漢字鍵]/g)?.length ?? 0))),
    ).toBeLessThanOrEqual(60);
  });
});

it.each([
  [`PUT a 'two words'`, ['PUT', 'a', 'two words']],
  [`PUT 'it\\'s' ''`, ['PUT', "it's", '']],
  [`PUT it's "it's"`, ['PUT', "it's", "it's"]],
  [`PUT a '{"n": "\\n"}'`, ['PUT', 'a', '{"n": "\\n"}']],
  [`PUT a 'open`, undefined],
  [`PUT a 'closed'within`, undefined],
  [`PUT a 'mixed"`, undefined],
])('splits a line at the spaces outside of quotes: %s', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

it('suggests no destructive command for a mistyped one', () => {
  const destructive = [...verbs.values()].filter((verb) => verb.isDestructive).map(({ name }) => name);
  const updates = ['CLEAR', 'INCREMENT', 'PUTIFABSENT', 'REPLACE', 'SETTTL', 'TAKE'];
  const expected = ['COMMIT', 'COMMITALL', 'DEL', 'MSET', 'PUT', 'ROLLBACK', 'ROLLBACKTO', 'SET', ...updates];
  expect(destructive.sort()).toEqual(expected.sort());
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  const typed = [...verbs.keys(), 'EXIT', 'TTL'].flatMap((name) =>
    [...name].flatMap((_, place) => [
      name.slice(0, place),
      name.slice(0, place) + name.slice(place + 1),
      ...letters.map((letter) => name.slice(0, place) + letter + name.slice(place + 1)),
    ]),
  );
  const suggested = new Set(typed.map(suggestVerb));
  for (const name of [...destructive, 'EXIT']) expect(suggested).not.toContain(name);
  expect(suggestVerb('ttl')).toBe('PTTL');
  expect(suggestVerb('gte')).toBe('GET');
});
