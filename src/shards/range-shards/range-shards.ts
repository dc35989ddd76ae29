import { checkOptions } from '../../arguments/check.ts';
import { MemStoreError } from '../../contract/errors.ts';
import type { ShardStrategy } from '../shard-strategy.ts';
import { RangeShardTable } from './range-shard-table.ts';

/** Options of {@link rangeShards}. */
export interface RangeShardsOptions {
  /**
   * Where one shard ends and the next begins, strictly ascending by UTF-16 code unit: shard i holds the
   * keys below `boundaries[i]` that no earlier one holds, and one more shard holds the rest.
   */
  readonly boundaries: readonly string[];
}

const OPTION_NAMES: ReadonlySet<string> = new Set<keyof RangeShardsOptions>(['boundaries']);

/**
 * Shards by ranges of keys that the caller chooses, and that stay as they are. The keys are in order from
 * the start, so that the first scan is as cheap as the next; a single read or write costs more than with
 * `hashShards`, since it searches a tree.
 * @throws MemStoreError `INVALID_OPTION` when the boundaries are not strictly ascending strings, or an option
 * is unknown.
 */
export function rangeShards(options: RangeShardsOptions): ShardStrategy {
  const boundaries = readBoundaries(options);
  return { name: 'range', create: () => new RangeShardTable(boundaries) };
}

/** Copies the boundaries, because the caller may change the array. Each is read once. */
function readBoundaries(options: RangeShardsOptions): readonly string[] {
  checkOptions(options, OPTION_NAMES);
  const { boundaries } = options;
  if (!Array.isArray(boundaries)) throw new MemStoreError('INVALID_OPTION', 'boundaries is not an array');
  const copy: string[] = [];
  let previous: string | undefined;
  for (const [at, boundary] of boundaries.entries()) {
    if (typeof boundary !== 'string') {
      throw new MemStoreError('INVALID_OPTION', `boundaries[${at}] is not a string`);
    }
    if (previous !== undefined && boundary <= previous) {
      throw new MemStoreError('INVALID_OPTION', `boundaries[${at}] is not greater than the one before it`);
    }
    previous = boundary;
    copy.push(boundary);
  }
  return copy;
}
