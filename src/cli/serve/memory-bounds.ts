import { getHeapStatistics } from 'node:v8';
import type { ServeFlags } from './serve-flags.ts';

/** What a server may keep beside its entries. Sizes are in bytes. */
interface MemoryBounds {
  readonly maxTransactionWrites: number;
  readonly maxTransactionBytes: number;
  readonly maxUncommittedBytes: number;
  readonly maxHistoryBytes: number;
  readonly maxBufferedBytes: number;
}

/**
 * What entries of an estimated size take in fact, with what the store notes for each and a part of the
 * garbage.
 */
const ENTRIES_FACTOR = 1.25;
/** This part of the heap is shared out even if `--max-memory` asks for all of it. */
const LEAST_PART = 1 / 8;
const LEAST_BUFFERED_BYTES = 8 * 1024 ** 2;

/** A commit of so many writes holds its locks for a fifth of a second. */
const MAX_TRANSACTION_WRITES = 250_000;

/** What the bounds depend on. */
interface MemoryFlags {
  readonly maxMemory?: number | undefined;
  readonly limit: ServeFlags['limit'];
}

/** The bounds of `memstore serve`: those of `--limit`, and shares of the heap that the entries leave. */
export function memoryBounds({ maxMemory, limit }: MemoryFlags): MemoryBounds {
  const shares = sharesOf(maxMemory, getHeapStatistics().heap_size_limit);
  const names = Object.keys(shares) as (keyof MemoryBounds)[];
  return Object.fromEntries(
    names.map((name) => [name, limit[name] ?? shares[name]]),
  ) as unknown as MemoryBounds;
}

/** More than a third of what the entries leave stays free for garbage. */
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
