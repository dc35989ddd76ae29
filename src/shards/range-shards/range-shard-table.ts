import { collectKeys, createKeyTree, type KeyTree } from '../../collections/key-tree.ts';
import type { KeyRange } from '../../contract/key-range.ts';
import type { OrderedKeys, ShardTable } from '../shard-strategy.ts';

/**
 * Stores each shard as a B+ tree of entries. A `Map` with a separate tree of keys would read faster, but take
 * more memory. If one shard received all keys, its `Map` would stall while it grows, and throw at 2^24
 * entries. A tree grows node by node.
 */
export class RangeShardTable implements ShardTable, OrderedKeys {
  readonly #boundaries: readonly string[];
  readonly #shards: readonly KeyTree<unknown>[];
  #size = 0;

  /** Creates a table. REQUIRES: the boundaries are strictly ascending. */
  constructor(boundaries: readonly string[]) {
    this.#boundaries = boundaries;
    this.#shards = Array.from({ length: boundaries.length + 1 }, () => createKeyTree<unknown>());
  }

  get size(): number {
    return this.#size;
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  /** Returns the number of boundaries that are less than or equal to the key. */
  shardOf(key: string): number {
    let low = 0;
    let high = this.#boundaries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#boundaries[middle] as string) <= key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(key: string): unknown {
    return this.#shardFor(key).get(key);
  }

  set(key: string, value: unknown): void {
    if (this.#shardFor(key).set(key, value)) this.#size++;
  }

  delete(key: string): boolean {
    const wasThere = this.#shardFor(key).delete(key);
    if (wasThere) this.#size--;
    return wasThere;
  }

  ordered(): OrderedKeys {
    return this;
  }

  keysIn(range: KeyRange, reverse: boolean, limit: number): string[] {
    const found: string[] = [];
    const first = this.shardOf(range.from);
    const last = range.to === undefined ? this.#shards.length - 1 : this.shardOf(range.to);
    for (let step = 0; step <= last - first && found.length < limit; step++) {
      collectKeys(
        this.#shards[reverse ? last - step : first + step] as KeyTree<unknown>,
        range,
        reverse,
        limit,
        found,
      );
    }
    return found;
  }

  #shardFor(key: string): KeyTree<unknown> {
    return this.#shards[this.shardOf(key)] as KeyTree<unknown>;
  }
}
