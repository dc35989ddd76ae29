import type { ShardStrategy } from '../shard-strategy.ts';
import { HashShardTable } from './hash-shard-table.ts';

/**
 * Returns the default strategy, which divides entries by the hash of the key. The number of shards grows with
 * the number of entries, one shard at a time, from one to thousands (linear hashing; Litwin, 1980). The first
 * scan builds an index of the keys in slices, and later scans use it. Never throws.
 * @example
 * const store = new MemStore({ shards: hashShards() });
 */
export function hashShards(): ShardStrategy {
  return { name: 'hash', create: (host) => new HashShardTable(host) };
}
