import { getHeapStatistics } from 'node:v8';
import type { ServeFlags } from './serve-flags.ts';

/** The limits for the memory that a server uses in addition to its entries. Sizes are in bytes. */
interface MemoryBounds {
  readonly maxTransactionWrites: number;
  readonly maxTransactionBytes: number;
  readonly maxUncommittedBytes: number;
  readonly maxHistoryBytes: number;
  readonly maxBufferedBytes: number;
}

/**
 * The heap bytes per estimated byte of entries. It includes the bookkeeping of the store and some garbage.
 */
const ENTRIES_FACTOR = 1.25;
/** At least this part of the heap is used for the limits, even if `--max-memory` is as large as the heap. */
const LEAST_PART = 1 / 8;
const LEAST_BUFFERED_BYTES = 8 * 1024 ** 2;

/**
 * Limits the time for which a commit blocks the server, not its memory. With `--data`, a commit passes its
 * records to LMDB in one step. This number of short writes takes about 0.2 seconds, and 10^6 take more than a
 * second.
 */
const MAX_TRANSACTION_WRITES = 250_000;

/** The command-line options that determine the limits. */
interface MemoryFlags {
  readonly maxMemory?: number | undefined;
  readonly limit: ServeFlags['limit'];
}

/** Returns the limits from `--limit`. The others are fractions of the heap that the entries do not need. */
export function memoryBounds({ maxMemory, limit }: MemoryFlags): MemoryBounds {
  const shares = sharesOf(maxMemory, getHeapStatistics().heap_size_limit);
  const names = Object.keys(shares) as (keyof MemoryBounds)[];
  return Object.fromEntries(
    names.map((name) => [name, limit[name] ?? shares[name]]),
  ) as unknown as MemoryBounds;
}

/** Divides the heap that the entries do not need. More than a third of it stays free for garbage. */
function sharesOf(maxMemory: number | undefined, heapLimit: number): MemoryBounds {
  const rest = Math.max(heapLimit - ENTRIES_FACTOR * (maxMemory ?? 0), LEAST_PART * heapLimit);
  const part = (divisor: number): number => Math.floor(rest / divisor);
  return {
    maxTransactionWrites: MAX_TRANSACTION_WRITES,
    maxTransactionBytes: part(16),
    maxUncommittedBytes: part(4),
    maxHistoryBytes: part(8),
    maxBufferedBytes: Math.max(part(8), LEAST_BUFFERED_BYTES),
  };
}
