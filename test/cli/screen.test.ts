import { stripVTControlCharacters } from 'node:util';
import { type LockSummary, MemStore } from 'memstore-tx';
import picocolors from 'picocolors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawScreen, type View } from '../../src/cli/top/draw-screen.ts';
import type { Rates } from '../../src/cli/top/sample.ts';
import { rowsOf } from '../../src/contract/lock-report.ts';
import { LockSummarizer } from '../../src/contract/lock-summary.ts';

function lockSummary(store: MemStore): LockSummary {
  const summarizer = new LockSummarizer();
  for (const row of rowsOf(store.locks())) summarizer.add(row);
  return summarizer.summary(undefined);
}

/**
 * Returns the screen of a store with a waiting request, in which every number has the most digits possible.
 */
async function busyView(trouble: string | undefined): Promise<View> {
  const store = new MemStore();
  onTestFinished(() => store.close());
  const [holder, waiting] = [await store.begin(), await store.begin()];
  const key = 'a key that is longer than most terminals are wide '.repeat(4);
  await holder.put(key, 1);
  for (let count = 0; count < 9; count++) waiting.put(`${key}${count}`, 1).catch(() => {});
  waiting.put(key, 2).catch(() => {});
  const rates: Rates = {
    begins: 1e6,
    commits: 1e6,
    rollbacks: 1e6,
    deadlocks: 1e6,
    lockWaits: 1e6,
    lockTimeouts: 1e6,
    evictions: 1e6,
    expirations: 1e6,
  };
  return {
    where: 'a-host-with-a-long-name.example:8000',
    sample: {
      timeMs: 0,
      stats: store.stats(),
      locks: lockSummary(store),
      clients: 1e4,
      uptimeMs: 1e9,
      heapBytes: 1e10,
      residentBytes: 1e10,
    },
    rates,
    commitRates: Array.from({ length: 500 }, (_, index) => index),
    trouble,
    isHeld: false,
  };
}

describe('the screen of memstore top', () => {
  it.each([20, 30, 40, 60, 79, 80, 200])(
    'is at most %i columns wide, and no higher than the terminal',
    async (width) => {
      for (const trouble of [undefined, 'connection lost; reconnecting']) {
        for (const height of [5, 24]) {
          const drawn = drawScreen(await busyView(trouble), width, height, picocolors.createColors(true));
          const lines = stripVTControlCharacters(drawn).split('\n');
          expect(lines.filter((line) => line.length > width)).toEqual([]);
          expect(lines.length).toBe(height - 1);
          if (width >= 60) expect(lines[0]).toContain(trouble ?? 'q quits');
        }
      }
    },
  );
});
