import { getHeapStatistics } from 'node:v8';
import { expect, it } from 'vitest';
import { memoryBounds } from '../../src/cli/serve/memory-bounds.ts';

const MIB = 1024 ** 2;
const heap = getHeapStatistics().heap_size_limit;

it.each([undefined, 64 * MIB, heap / 2, heap, 8 * heap])(
  'leaves a third of the remaining heap to garbage (--max-memory %s)',
  (maxMemory) => {
    const bounds = memoryBounds({ maxMemory, limit: {} });
    const rest = Math.max(heap - 1.25 * (maxMemory ?? 0), heap / 8);
    const { maxUncommittedBytes, maxHistoryBytes, maxBufferedBytes, maxTransactionBytes } = bounds;
    expect(maxUncommittedBytes + maxHistoryBytes + maxBufferedBytes).toBeLessThan((2 / 3) * rest);
    expect(maxTransactionBytes).toBeGreaterThan(MIB);
    expect(maxTransactionBytes).toBeLessThan(maxUncommittedBytes);
  },
);

it('divides the remaining heap as docs/operating.md documents', () => {
  const rest = heap - 1.25 * (heap / 2);
  expect(memoryBounds({ maxMemory: heap / 2, limit: {} })).toEqual({
    maxTransactionWrites: 250_000,
    maxTransactionBytes: Math.floor(rest / 16),
    maxUncommittedBytes: Math.floor(rest / 4),
    maxHistoryBytes: Math.floor(rest / 8),
    maxBufferedBytes: Math.max(Math.floor(rest / 8), 8 * MIB),
  });
});

it('gives --limit precedence over the derived bounds', () => {
  const limit = { maxTransactionBytes: 7, maxBufferedBytes: 8, maxTransactionWrites: 9 };
  expect(memoryBounds({ limit })).toMatchObject(limit);
});
