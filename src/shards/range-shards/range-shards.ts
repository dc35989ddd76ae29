import { checkOptions } from '../../arguments/check-options.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { ShardStrategy } from '../shard-strategy.ts';
import { RangeShardTable } from './range-shard-table.ts';

/** Options of {@link rangeShards}. */
export interface RangeShardsOptions {
  /**
   * The first key of each shard except the first shard. The keys are in strictly ascending order of UTF-16
   * code units. Shard `i` contains the keys from `boundaries[i - 1]` up to, but not including,
   * `boundaries[i]`.
   */
  readonly boundaries: readonly string[];
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof RangeShardsOptions>(['boundaries']);

/**
 * Returns a strategy that divides entries into fixed ranges of keys. Each shard is a tree in key order, so
 * scans need no separate index. Each single read or write searches the tree, so it costs more than with
 * `hashShards`.
 * @throws {MemStoreError} INVALID_OPTION if the boundaries are not strictly ascending strings, or an option
 * is unknown
 * @example
 * const store = new MemStore({ shards: rangeShards({ boundaries: ['h', 'p'] }) });
 */
export function rangeShards(options: RangeShardsOptions): ShardStrategy {
  const boundaries = readBoundaries(options);
  return { name: 'range', create: () => new RangeShardTable(boundaries) };
}

/** Checks and copies the boundaries, because the caller may change the array. Each element is read once. */
function readBoundaries(options: RangeShardsOptions): readonly string[] {
  checkOptions(options, OPTION_NAMES);
  const { boundaries } = options;
  if (!Array.isArray(boundaries))
    throw new MemStoreError(
      'INVALID_OPTION',
      `boundaries must be an array of strings, got ${typeof boundaries}.`,
    );
  const copy: string[] = [];
  let previous: string | undefined;
  for (const [at, boundary] of boundaries.entries()) {
    if (typeof boundary !== 'string') {
      throw new MemStoreError(
        'INVALID_OPTION',
        `boundaries[${at}] must be a string, got ${typeof boundary}.`,
      );
    }
    if (previous !== undefined && boundary <= previous) {
      throw new MemStoreError(
        'INVALID_OPTION',
        `boundaries[${at}] must be greater than the one before it, got ${JSON.stringify(boundary)}.`,
      );
    }
    previous = boundary;
    copy.push(boundary);
  }
  return copy;
}
