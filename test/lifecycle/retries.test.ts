import { describe, expect, it, vi } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import type { AnyTransaction } from '../../src/testing/suites/store/store-cases.ts';
import { watch } from '../../src/testing/suites/store/watch.ts';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { drive, expectNothingLeft, openStore, turn } from '../memory/open-store.ts';

describe('transaction()', () => {
  it('starts no attempt after retryTimeout', async () => {
    const opened = openStore({ lockTimeout: 10 });
    const { store, clock } = opened;
    const holder = await store.begin();
    await holder.put('k', 'held');
    const startsMs: number[] = [];
    const running = store.transaction(
      (tx) => {
        startsMs.push(clock.monotonicMs());
        return tx.put('k', 1);
      },
      { retryTimeout: 500 },
    );
    await assertRejects(drive(clock, running), 'LOCK_TIMEOUT');
    expect(startsMs.length).toBeGreaterThan(5);
    expect(startsMs.at(-1)).toBeLessThanOrEqual(500);
    // The run gave up when its time was over, and not long before.
    expect(clock.monotonicMs()).toBeGreaterThan(300);
    await holder.rollback();
    expectNothingLeft(opened);
  });

  it('increases its random pauses from attempt to attempt', async () => {
    const pauses = async (random: () => number): Promise<number[]> => {
      const { store, clock } = openStore({ random });
      const holder = await store.begin();
      await holder.put('k', 'held');
      const [startsMs, endsMs]: [number[], number[]] = [[], []];
      const work = store.transaction(
        async (tx) => {
          startsMs.push(clock.monotonicMs());
          await tx.put('k', 1, { lockTimeout: 1 }).finally(() => endsMs.push(clock.monotonicMs()));
        },
        { maxAttempts: 6 },
      );
      await assertRejects(drive(clock, work), 'LOCK_TIMEOUT');
      return startsMs.slice(1).map((start, index) => start - (endsMs[index] ?? 0));
    };
    const [long, short] = [await pauses(() => 0.99), await pauses(() => 0)];
    expect(long).toEqual(long.toSorted((left, right) => left - right));
    expect(long.at(-1)).toBeGreaterThan(long[0] ?? 0);
    expect(Math.max(...short)).toBeLessThanOrEqual(1);
  });

  it('is cancelled by its signal between two attempts, and leaves no timer', async () => {
    const opened = openStore({ random: () => 0.99 });
    const { store, clock } = opened;
    const holder = await store.begin();
    await holder.put('k', 'held');
    const controller = new AbortController();
    let runs = 0;
    const running = watch(
      store.transaction(
        async (tx) => {
          runs++;
          await tx.put('k', 1, { lockTimeout: 1 });
        },
        { signal: controller.signal },
      ),
    );
    await turn();
    clock.advance(1);
    await turn();
    expect(store.stats().activeTransactions).toBe(1);
    expect(clock.keepAliveTimers).toBe(1);
    controller.abort(new Error('enough'));
    const error = await assertRejects(running.promise, 'ABORTED');
    expect(error.cause).toEqual(new Error('enough'));
    expect(runs).toBe(1);
    await holder.rollback();
    expectNothingLeft(opened);
  });

  it('returns its result if the signal is aborted after the commit', async () => {
    const { store } = openStore();
    const controller = new AbortController();
    store.on('commit', () => controller.abort());
    const result = await store.transaction(
      async (tx) => {
        await tx.put('k', 1);
        return 'done';
      },
      { signal: controller.signal },
    );
    expect(result).toBe('done');
    expect(await store.get('k')).toBe(1);
  });

  it('does not commit again if the work has committed', async () => {
    const { store } = openStore();
    const result = await store.transaction(async (tx) => {
      await tx.put('k', 1);
      await tx.commit();
      return 'done';
    });
    expect(result).toBe('done');
    expect(await store.get('k')).toBe(1);
    const thrown = new Error('after the commit');
    const failing = store.transaction(async (tx) => {
      await tx.put('k', 2);
      await tx.commit();
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    expect(await store.get('k')).toBe(2);
  });

  it('reads the outcome of an attempt from failure, and does not call commit again', async () => {
    const { store } = openStore();
    const ended: { status: string; isFailure: boolean; commits: number }[] = [];
    for (const end of ['commit', 'rollback'] as const) {
      const commits = vi.fn();
      let tx: AnyTransaction | undefined;
      const running = store.transaction(async (own) => {
        tx = own;
        const commit = own.commit.bind(own);
        own.commit = () => {
          commits();
          return commit();
        };
        await own.put('k', 1);
        await own[end]();
      });
      const error = await running.catch((thrown: unknown) => thrown);
      ended.push({
        status: tx?.status ?? '',
        isFailure: error === tx?.failure,
        commits: commits.mock.calls.length,
      });
    }
    expect(ended).toEqual([
      { status: 'committed', isFailure: true, commits: 1 },
      { status: 'aborted', isFailure: true, commits: 0 },
    ]);
  });

  it('does not retry for an error of another transaction', async () => {
    const { store, clock } = openStore();
    const [holder, other] = [await store.begin(), await store.begin()];
    await holder.put('k', 'held');
    let runs = 0;
    const running = store.transaction(async () => {
      runs++;
      await other.put('k', 1, { lockTimeout: 1 });
    });
    await assertRejects(drive(clock, running), 'LOCK_TIMEOUT');
    expect(runs).toBe(1);
  });

  it('does not retry a transaction that expired', async () => {
    const { store, clock } = openStore({ idleTimeout: 160 });
    let runs = 0;
    const running = store.transaction(async (tx) => {
      runs++;
      await tx.put('k', 1);
      await new Promise<void>((resolve) => {
        clock.setTimer(resolve, 1000, false);
      });
      await tx.put('k', 2);
    });
    await assertRejects(drive(clock, running), 'TRANSACTION_EXPIRED');
    expect(runs).toBe(1);
  });

  it('does not retry for the lock timeout of a one-shot write in the work', async () => {
    const { store, clock } = openStore();
    let runs = 0;
    const running = store.transaction(async (tx) => {
      runs++;
      await tx.put('a', 1);
      await store.put('a', 2);
    });
    await turn();
    clock.advance(10_000);
    await assertRejects(running, 'LOCK_TIMEOUT');
    expect(runs).toBe(1);
  });

  it('returns the result of work that called commit without awaiting it', async () => {
    const { store } = openStore({ journal: new MemoryDisk().journal() });
    const result = await store.transaction((tx) => {
      void tx.put('a', 1);
      void tx.commit();
      return 'done';
    });
    expect([result, await store.get('a')]).toEqual(['done', 1]);
    await store.close();
  });
});

describe('work that calls an operation after its transaction has ended', () => {
  it('gets TRANSACTION_CLOSED', async () => {
    const { store } = openStore();
    let late: (() => Promise<void>) | undefined;
    await store.transaction((tx) => {
      late = () => tx.put('k', 1);
    });
    await assertRejects(late?.() ?? Promise.resolve(), 'TRANSACTION_CLOSED');
    expect(await store.has('k')).toBe(false);
  });
});
