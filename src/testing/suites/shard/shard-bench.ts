import { covers, type KeyRange } from '../../../contract/key-range.ts';
import type { OrderedKeys, ShardHost, ShardStrategy, ShardTable } from '../../../shards/shard-strategy.ts';
import { assert, assertEqual } from '../../assert.ts';

/** Creates a new instance of the strategy under test. */
export type CreateStrategy = () => ShardStrategy;

export type It = (name: string, body: () => void | Promise<void>) => void;

/** The range of all keys. */
export const ALL_KEYS: KeyRange = { from: '', to: undefined };

/**
 * Returns a host with a clock that advances so fast that long work must yield each time it reads the clock.
 * @param onYield runs at each yield, in place of the rest of the process.
 */
export function hurriedHost(onYield: () => void = () => {}): ShardHost {
  let nowMs = 0;
  return {
    monotonicMs: () => (nowMs += 1000),
    async yieldTurn() {
      onYield();
    },
  };
}

/**
 * A table under test and a `Map` as its model. Each operation runs on both, and the results must be equal.
 */
export class ShardBench {
  readonly table: ShardTable;
  readonly model: Map<string, unknown> = new Map();

  constructor(create: CreateStrategy, host: ShardHost = hurriedHost()) {
    this.table = create().create(host);
  }

  set(key: string, value: unknown): void {
    this.table.set(key, value);
    this.model.set(key, value);
  }

  delete(key: string): void {
    assertEqual(this.table.delete(key), this.model.delete(key), `delete(${JSON.stringify(key)})`);
  }

  /** Compares the value of one key, and the size. */
  compare(key: string): void {
    assert(this.table.get(key) === this.model.get(key), `get(${JSON.stringify(key)}) equals the model`);
    assertEqual(this.table.size, this.model.size, 'size');
  }

  /** Compares every entry of the model, and the size, which shows extra entries in the table. */
  compareAll(): void {
    assertEqual(this.table.size, this.model.size, 'size');
    for (const [key, value] of this.model) {
      assert(this.table.get(key) === value, `get(${JSON.stringify(key)}) returns the value that was set`);
    }
  }

  compareShards(): void {
    const { shardCount } = this.table;
    assert(
      Number.isSafeInteger(shardCount) && shardCount >= 1,
      `shardCount ${shardCount} is a positive integer`,
    );
    for (const key of this.model.keys()) {
      const shard = this.table.shardOf(key);
      assert(
        Number.isInteger(shard) && shard >= 0 && shard < shardCount,
        `shardOf ${JSON.stringify(key)} is ${shard}, which is less than shardCount ${shardCount}`,
      );
      assertEqual(this.table.shardOf(key), shard, 'shardOf called again');
    }
  }

  compareKeys(
    ordered: OrderedKeys,
    range: KeyRange = ALL_KEYS,
    reverse = false,
    limit: number = Infinity,
  ): void {
    // `sort` orders by UTF-16 code unit by default.
    const expected = [...this.model.keys()].filter((key) => covers(range, key)).sort();
    if (reverse) expected.reverse();
    const what = `keysIn(${JSON.stringify(range)}, ${reverse}, ${limit})`;
    assertEqual(ordered.keysIn(range, reverse, limit), expected.slice(0, limit), what);
  }
}
