import { describe, expect, it } from 'vitest';
import { HashShardTable } from '../../src/shards/hash-shards/hash-shard-table.ts';
import { hashShards } from '../../src/shards/hash-shards/hash-shards.ts';
import type { ShardHost, ShardStrategy } from '../../src/shards/shard-strategy.ts';
import { hurriedHost } from '../../src/testing/suites/shard/shard-bench.ts';
import { shardSuite } from '../../src/testing/suites/shard/shard-suite.ts';

const SMALL_SIZES = { singleLimit: 64, shardMean: 8 };
const ALL_KEYS = { from: '', to: undefined };

const smallHashShards = (): ShardStrategy => ({
  name: 'small hash',
  create: (host) => new HashShardTable(host, SMALL_SIZES),
});

shardSuite('hashShards', hashShards, { describe, it });
// The same suite with small shards, so that every test splits them.
shardSuite('hashShards with small shards', smallHashShards, { describe, it }, { entries: 3_000 });

function filled(table: HashShardTable, count: number): HashShardTable {
  for (let number = 0; number < count; number++) table.set(`user:${number}`, number);
  return table;
}

describe('hashShards', () => {
  it('has one shard up to 10^5 entries', () => {
    const table = hashShards().create(hurriedHost());
    for (let number = 0; number < 100_000; number++) table.set(`user:${number}`, number);
    expect(table.shardCount).toBe(1);
    expect(table.shardOf('user:1')).toBe(0);
  });

  it('grows to 400,000 entries, and finds each of them', () => {
    const table = hashShards().create(hurriedHost());
    const count = 400_000;
    for (let number = 0; number < count; number++) {
      table.set(`user:${number}`, number);
      const past = Math.floor(number * 0.7);
      if (table.get(`user:${past}`) !== past) throw new Error(`user:${past} is lost at ${number}`);
    }
    expect(table.size).toBe(count);
    expect(table.shardCount).toBe(Math.ceil(count / 2 ** 14));
    for (let number = 0; number < count; number += 2) table.delete(`user:${number}`);
    expect(table.size).toBe(count / 2);
    for (let number = 0; number < count; number++) {
      if (table.get(`user:${number}`) !== (number % 2 === 0 ? undefined : number))
        throw new Error(`user:${number}`);
    }
  });

  it('adds one shard at a time, and keeps the mean size of shards', () => {
    const table = new HashShardTable(hurriedHost(), SMALL_SIZES);
    for (let number = 0; number < 5_000; number++) {
      const shardsBefore = table.shardCount;
      table.set(`user:${number}`, number);
      expect(table.shardCount - shardsBefore).toBeLessThanOrEqual(1);
    }
    expect(table.shardCount).toBe(5_000 / 8);
  });

  it('spreads keys evenly', () => {
    const table = filled(new HashShardTable(hurriedHost(), { singleLimit: 64, shardMean: 64 }), 64 * 1024);
    const sizes = new Array<number>(table.shardCount).fill(0);
    for (let number = 0; number < table.size; number++) {
      const shard = table.shardOf(`user:${number}`);
      sizes[shard] = (sizes[shard] ?? 0) + 1;
    }
    expect(sizes).toHaveLength(1024);
    // 64 keys are expected per shard. The standard deviation of a good hash is 8.
    expect(Math.min(...sizes)).toBeGreaterThan(64 - 5 * 8);
    expect(Math.max(...sizes)).toBeLessThan(64 + 5 * 8);
  });

  it('is a single Map again after all entries are deleted', () => {
    const table = filled(new HashShardTable(hurriedHost(), SMALL_SIZES), 1_000);
    expect(table.shardCount).toBeGreaterThan(1);
    for (let number = 0; number < 1_000; number++) table.delete(`user:${number}`);
    expect(table.shardCount).toBe(1);
    expect(filled(table, 1_000).shardCount).toBe(1_000 / 8);
  });

  it('stays a single Map while few entries come and go, and keeps its shards while many do', () => {
    const churn = (live: number): number => {
      const table = new HashShardTable(hurriedHost(), SMALL_SIZES);
      for (let number = 0; number < 1_000; number++) {
        table.delete(`user:${number - live}`);
        table.set(`user:${number}`, number);
      }
      return table.shardCount;
    };
    expect(churn(SMALL_SIZES.singleLimit / 2)).toBe(1);
    expect(churn(SMALL_SIZES.singleLimit / 2 + 1)).toBeGreaterThan(1);
  });
});

describe('the index of hashShards', () => {
  it('is built in slices of time', async () => {
    let yields = 0;
    const table = filled(
      new HashShardTable(
        hurriedHost(() => yields++),
        SMALL_SIZES,
      ),
      6_400,
    );
    await table.ordered();
    expect(yields).toBeGreaterThanOrEqual(6_400 / 16);
    expect(yields).toBeLessThan(6_400 / 16 + 20);
  });

  it('does not yield within a slice', async () => {
    let yields = 0;
    const stopped: ShardHost = { monotonicMs: () => 0, yieldTurn: async () => void yields++ };
    const table = filled(new HashShardTable(stopped, SMALL_SIZES), 6_400);
    await table.ordered();
    expect(yields).toBe(0);
  });

  it('yields only at the end of each slice', async () => {
    let yields = 0;
    let nowMs = 0;
    const host: ShardHost = { monotonicMs: () => nowMs++, yieldTurn: async () => void yields++ };
    const table = filled(new HashShardTable(host, SMALL_SIZES), 6_400);
    await table.ordered();
    // The clock is read four hundred times, a millisecond apart, and a slice lasts three milliseconds.
    expect(yields).toBeGreaterThan(110);
    expect(yields).toBeLessThan(150);
  });

  it('is built once for concurrent callers', async () => {
    const table = filled(new HashShardTable(hurriedHost(), SMALL_SIZES), 1_000);
    const first = table.ordered();
    expect(table.ordered()).toBe(first);
    const ordered = await first;
    expect(table.ordered()).toBe(ordered);
  });

  it('is built from the start again after the host failed', async () => {
    let failing = true;
    const host: ShardHost = {
      monotonicMs: hurriedHost().monotonicMs,
      yieldTurn: async () => {
        if (failing) throw new Error('closing');
      },
    };
    const table = filled(new HashShardTable(host, SMALL_SIZES), 1_000);
    await expect(table.ordered()).rejects.toThrow('closing');
    table.set('between', 1);
    failing = false;
    expect((await table.ordered()).keysIn(ALL_KEYS, false, Infinity)).toHaveLength(1_001);
  });
});
