import type { ShardStrategy } from '../shard-strategy.ts';
import { HashShardTable } from './hash-shard-table.ts';

/**
 * Shards by the hash of the key, as many as the number of entries asks for: one for a small store,
 * thousands for a large one, growing a shard at a time. Key order costs nothing until it is first asked
 * for; then an index of the keys is built in slices, and kept.
 */
export function hashShards(): ShardStrategy {
  return { name: 'hash', create: (host) => new HashShardTable(host) };
}
