import { afterEach, describe, expect, it, vi } from 'vitest';
import type { JournalWrite } from '../../../src/journal/journal.ts';
import { encodeInTurns } from '../../../src/journal/lmdb/encoded-commit.ts';
import { toRecord } from '../../../src/journal/lmdb/record.ts';

const COUNT = 10_000;

describe('the encoding of a large commit', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('gives other work a turn every few milliseconds, and returns the records of all writes', async () => {
    // Each read of the clock advances it by a millisecond.
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => ++nowMs);
    const writes = Array.from({ length: COUNT }, (_, index): JournalWrite => {
      if (index % 3 === 0) return { key: `key:${index}`, deleted: true };
      return { key: `key:${index}`, value: { index }, expiresAtMs: index % 2 === 0 ? index : undefined };
    });
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      if (isDone) return;
      turns++;
      setImmediate(count);
    };
    setImmediate(count);
    const { records, transactionId } = await encodeInTurns({ transactionId: 7, writes });
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(Math.floor(COUNT / 64 / 3));
    expect(transactionId).toBe(7);
    expect(records).toEqual(writes.map(toRecord));
  });

  it('fails with INVALID_VALUE if a value cannot be encoded', async () => {
    const value = new Proxy({}, { ownKeys: () => fail() });
    const fail = (): never => {
      throw new Error('no keys');
    };
    const commit = { transactionId: 1, writes: [{ key: 'a', value, expiresAtMs: undefined }] };
    await expect(encodeInTurns(commit)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
  });
});
