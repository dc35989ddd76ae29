import { describe, expect, it } from 'vitest';
import { rangeShards } from '../../src/shards/range-shards/range-shards.ts';
import { hurriedHost } from '../../src/testing/suites/shard/shard-bench.ts';
import { shardSuite } from '../../src/testing/suites/shard/shard-suite.ts';

// Some boundaries are keys of the suite, others are not. No key is below the boundary ''.
const BOUNDARIES = ['', 'a', 'user:', 'user:3', 'user:55', 'x', '\ud83d', '\ud83d\ude00', '\ue000'];

shardSuite('rangeShards', () => rangeShards({ boundaries: BOUNDARIES }), { describe, it });
shardSuite('rangeShards without boundaries', () => rangeShards({ boundaries: [] }), { describe, it });

describe('rangeShards', () => {
  it('puts a key in the first shard whose boundary is above it', () => {
    const table = rangeShards({ boundaries: ['b', 'd'] }).create(hurriedHost());
    expect(table.shardCount).toBe(3);
    const shards = ['', 'a', 'a\uffff', 'b', 'b\0', 'c', 'd', 'e'].map((key) => table.shardOf(key));
    expect(shards).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
  });

  it('has an order synchronously', () => {
    const table = rangeShards({ boundaries: ['m'] }).create(hurriedHost());
    table.set('z', 1);
    table.set('a', 2);
    expect(table.ordered()).not.toBeInstanceOf(Promise);
  });

  it('copies the array of boundaries', () => {
    const boundaries = ['b', 'd'];
    const strategy = rangeShards({ boundaries });
    boundaries[0] = 'z';
    boundaries.pop();
    expect(strategy.create(hurriedHost()).shardOf('c')).toBe(1);
  });

  it.each([
    ['no options', undefined],
    ['no boundaries', {}],
    ['a string', { boundaries: 'abc' }],
    ['numbers', { boundaries: [1, 2] }],
    ['a hole', { boundaries: ['a', undefined, 'b'] }],
    ['equal boundaries', { boundaries: ['a', 'a'] }],
    ['descending boundaries', { boundaries: ['a', 'c', 'b'] }],
    ['boundaries in code point order', { boundaries: ['\ue000', '\ud83d\ude00'] }],
  ])('refuses %s', (_what, options) => {
    expect(() => rangeShards(options as { boundaries: string[] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});
