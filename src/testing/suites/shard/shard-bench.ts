import { covers, type KeyRange } from '../../../contract/key-range.ts';
import type { OrderedKeys, ShardHost, ShardStrategy, ShardTable } from '../../../shards/shard-strategy.ts';
import { assert, assertEqual } from '../../assert.ts';

/** What makes the cases: a strategy of the kind that is tested, fresh each time. */
export type CreateStrategy = () => ShardStrategy;

export type It = (name: string, body: () => void | Promise<void>) => void;

/** A range with neither end. */
export const ALL_KEYS: KeyRange = { from: '', to: undefined };

/**
 * A host whose clock goes so fast that long work has to yield at every look at it.
 * @param onYield what the rest of the process does meanwhile.
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
 * A table, and the `Map` that it has to be like. Every operation is done to both, and its result compared.
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

  /** Compares what is under one key, and the size. */
  compare(key: string): void {
    assert(this.table.get(key) === this.model.get(key), `get(${JSON.stringify(key)}) is what was set`);
    assertEqual(this.table.size, this.model.size, 'size');
  }

  /** Compares every entry; a key that the table has beyond those shows in the size. */
  compareAll(): void {
    assertEqual(this.table.size, this.model.size, 'size');
    for (const [key, value] of this.model) {
      assert(this.table.get(key) === value, `get(${JSON.stringify(key)}) is what was set`);
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
        `${shard} is one of ${shardCount} shards`,
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
    // The default order of `sort` is by UTF-16 code unit.
    const expected = [...this.model.keys()].filter((key) => covers(range, key)).sort();
    if (reverse) expected.reverse();
    const what = `keysIn(${JSON.stringify(range)}, ${reverse}, ${limit})`;
    assertEqual(ordered.keysIn(range, reverse, limit), expected.slice(0, limit), what);
  }
}
