import { getHeapStatistics } from 'node:v8';
import type { ServeFlags } from './serve-flags.ts';

/** The bounds for the memory of a server beside its entries. Sizes are in bytes. */
interface MemoryBounds {
  readonly maxTransactionWrites: number;
  readonly maxTransactionBytes: number;
  readonly maxUncommittedBytes: number;
  readonly maxHistoryBytes: number;
  readonly maxBufferedBytes: number;
}

/** The heap that entries take for each estimated byte, with the store's records of them and some garbage. */
const ENTRIES_FACTOR = 1.25;
/** This part of the heap is shared out even if `--max-memory` asks for all of it. */
const LEAST_PART = 1 / 8;
const LEAST_BUFFERED_BYTES = 8 * 1024 ** 2;

/**
 * Bounds the time that a commit blocks the server, not its memory. With `--data`, a commit hands its records
 * to LMDB in one step: this many short writes take about 0.2 seconds, and 10^6 take more than a second.
 */
const MAX_TRANSACTION_WRITES = 250_000;

/** The flags that the bounds depend on. */
interface MemoryFlags {
  readonly maxMemory?: number | undefined;
  readonly limit: ServeFlags['limit'];
}

/** Returns the bounds that `--limit` sets, and for the others shares of the heap that the entries leave. */
export function memoryBounds({ maxMemory, limit }: MemoryFlags): MemoryBounds {
  const shares = sharesOf(maxMemory, getHeapStatistics().heap_size_limit);
  const names = Object.keys(shares) as (keyof MemoryBounds)[];
  return Object.fromEntries(
    names.map((name) => [name, limit[name] ?? shares[name]]),
  ) as unknown as MemoryBounds;
}

/** Shares out the heap that the entries leave. More than a third of it stays free for garbage. */
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
