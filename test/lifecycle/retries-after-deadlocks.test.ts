import type { CycleStep, MemStoreOptions, ReadWrite, RunOptions, Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { ContestedKeys } from '../../src/lifecycle/contested-keys.ts';
import { assertRejects } from '../../src/testing/assert.ts';
import { type Watched, watch } from '../../src/testing/suites/store/watch.ts';
import { drive, expectNothingLeft, type OpenStore, openStore, turn } from '../memory/open-store.ts';

type AnyTransaction = Transaction<Record<string, unknown>>;

// The pauses before the second and third attempt, with `random` at 0.5 as in `openStore`.
const [FIRST_PAUSE_MS, SECOND_PAUSE_MS] = [1, 2];

/** A run that has been a deadlock victim twice, and now pauses before its third attempt. */
interface TwiceVictim {
  readonly running: Watched<void>;
  /** The transaction that holds both keys. */
  readonly elder: AnyTransaction;
}

/**
 * Runs work that locks `a` and then `b`. Its first two attempts end in a deadlock with an older transaction.
 * The third attempt calls `third`.
 */
async function victimTwice(
  { store, clock }: OpenStore,
  third: (tx: AnyTransaction) => Promise<void>,
  options: ReadWrite<RunOptions> = {},
): Promise<TwiceVictim> {
  const [first, second] = [await store.begin(), await store.begin()];
  await first.put('b', 'elder');
  let attempts = 0;
  const running = watch(
    store.transaction(async (tx) => {
      attempts++;
      if (attempts === 3) return third(tx);
      await tx.put('a', 'victim');
      await tx.put('b', 'victim', { lockTimeout: 1000 });
    }, options),
  );
  await turn();
  await first.put('a', 'elder');
  await turn();
  await first.rollback();
  await second.put('b', 'elder');
  clock.advance(FIRST_PAUSE_MS);
  await turn();
  await second.put('a', 'elder');
  await turn();
  expect(store.stats().deadlocks).toBe(2);
  return { running, elder: second };
}

describe('a run that was the victim of two deadlocks', () => {
  it('locks the contested keys in key order before its next attempt', async () => {
    const opened = openStore();
    const { store, clock } = opened;
    let held: unknown;
    const { running, elder } = await victimTwice(opened, async () => {
      held = store.locks().held;
    });
    clock.advance(SECOND_PAUSE_MS);
    await turn();
    expect(store.locks().waiting).toMatchObject([{ key: 'a', mode: 'exclusive' }]);
    await elder.commit();
    await running.promise;
    expect(held).toMatchObject([
      { key: 'a', mode: 'exclusive' },
      { key: 'b', mode: 'exclusive' },
    ]);
    expectNothingLeft(opened);
  });

  it.each<[what: string, longestMs: number, options: MemStoreOptions, run: ReadWrite<RunOptions>]>([
    ['a pause', 100, {}, {}],
    ['a fixed maximum, if the lock timeout is longer', 100, { lockTimeout: 5000 }, { lockTimeout: 5000 }],
    ['the lock timeout of the transaction', 5, {}, { lockTimeout: 5 }],
    ['the lock timeout of the store', 5, { lockTimeout: 5 }, {}],
    ['the time in which an attempt may start', 7, {}, { retryTimeout: FIRST_PAUSE_MS + SECOND_PAUSE_MS + 7 }],
    ['0 ms, if lockTimeout is 0', 0, {}, { lockTimeout: 0 }],
  ])('waits for the contested keys no longer than %s', async (_, longestMs, options, run) => {
    const opened = openStore(options);
    const { running, elder } = await victimTwice(opened, (tx) => tx.put('c', 1), run);
    const startMs = opened.clock.monotonicMs();
    await drive(opened.clock, running.promise);
    expect(opened.clock.monotonicMs() - startMs).toBe(SECOND_PAUSE_MS + longestMs);
    await elder.commit();
    expectNothingLeft(opened);
  });

  it('is cancelled by its signal while it waits for the contested keys', async () => {
    const opened = openStore();
    const controller = new AbortController();
    let hasRun = false;
    const third = async (): Promise<void> => {
      hasRun = true;
    };
    const { running, elder } = await victimTwice(opened, third, { signal: controller.signal });
    opened.clock.advance(SECOND_PAUSE_MS);
    await turn();
    expect(opened.store.stats().waitingOperations).toBe(1);
    controller.abort(new Error('enough'));
    const error = await assertRejects(running.promise, 'ABORTED');
    expect(error.cause).toEqual(new Error('enough'));
    expect(hasRun).toBe(false);
    await elder.commit();
    expectNothingLeft(opened);
  });
});

it('many transactions that read and then write one key are victims at most once each', async () => {
  const opened = openStore();
  const { store, clock } = opened;
  const attempts = Array.from({ length: 20 }, () => 0);
  const all = attempts.map((_, index) =>
    store.transaction(async (tx) => {
      attempts[index] = (attempts[index] ?? 0) + 1;
      const count = await tx.get('k');
      await turn();
      await tx.put('k', Number(count ?? 0) + 1);
    }),
  );
  await drive(clock, Promise.all(all));
  expect(await store.get('k')).toBe(20);
  expect(Math.max(...attempts)).toBe(2);
  expectNothingLeft(opened);
});

it('only the keys that the victim held or waited for in the cycle are contested', async () => {
  const { store, clock } = openStore();
  const cycle: CycleStep[] = [
    { transactionId: 1, key: 'a', mode: 'exclusive' },
    { transactionId: 2, key: 'c', mode: 'exclusive' },
    { transactionId: 3, key: 'b', mode: 'shared' },
  ];
  const contested = async (victimId: number): Promise<unknown[]> => {
    const keys = new ContestedKeys();
    const tx = await store.begin();
    keys.note(victimId, cycle);
    await keys.lock(tx, clock, 0);
    expect(store.locks().held).toEqual([]);
    keys.note(victimId, cycle);
    await keys.lock(tx, clock, 0);
    const held = store.locks().held.map(({ key }) => key);
    await tx.commit();
    return held;
  };
  expect(await contested(1)).toEqual(['a', 'b']);
  expect(await contested(2)).toEqual(['a', 'c']);
  expect(await contested(3)).toEqual(['b', 'c']);
});
