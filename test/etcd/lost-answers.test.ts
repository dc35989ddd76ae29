import type { MemStoreError } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { FlakyProxy } from './flaky-proxy.ts';
import { useCluster } from './use-cluster.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** Resolves when an attempt has failed, and the next one waits for its backoff. */
async function nextAttemptWaits(clock: FakeClock): Promise<void> {
  while (clock.keepAliveTimers === 0) await new Promise(setImmediate);
}

/**
 * Returns the outcome of an operation. After each failed attempt, time advances so far that only one more
 * attempt fits.
 */
async function outcomeInTime(clock: FakeClock, operation: Promise<unknown>): Promise<unknown> {
  let isSettled = false;
  const outcome = operation.catch((error: MemStoreError) => error.code).finally(() => (isSettled = true));
  while (!isSettled) {
    if (clock.keepAliveTimers > 0) clock.advance(2 * REQUEST_TIMEOUT_MS);
    await new Promise(setImmediate);
  }
  return outcome;
}

/**
 * Returns the result of an operation. Moves the clock after each failed attempt, so that the next attempt
 * starts. A busy node may refuse an attempt at any moment. The backoff would never end by itself on this
 * clock.
 */
async function withRetries<T>(clock: FakeClock, operation: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = operation.finally(() => (isSettled = true));
  settled.catch(() => {});
  while (!isSettled) {
    if (clock.keepAliveTimers > 0) clock.advance(1_000);
    await new Promise(setImmediate);
  }
  return settled;
}

describe.skipIf(missingEtcd)(`a cluster whose answers are lost${skipNote(missingEtcd)}`, () => {
  const etcd = useCluster(1);

  /** Opens one store through a proxy that can fail, and another that connects to the cluster directly. */
  async function openBehindProxy(): Promise<{
    readonly proxy: FlakyProxy;
    readonly clock: FakeClock;
    readonly store: EtcdStore;
    readonly others: EtcdStore;
    /** Resolves when `others` reads this number. */
    readonly seen: (number: number) => Promise<void>;
  }> {
    const proxy = await FlakyProxy.to(etcd.cluster.hosts[0] ?? '');
    const prefix = etcd.newPrefix();
    const clock = new FakeClock();
    const opening = EtcdStore.open({
      hosts: proxy.host,
      prefix,
      clock,
      requestTimeout: REQUEST_TIMEOUT_MS,
    });
    const store = await withRetries(clock, opening);
    const others = await etcd.open({ prefix });
    onTestFinished(async () => {
      proxy.mode = 'open';
      await outcomeInTime(clock, store.close());
      proxy.close();
    });
    // The first put creates the session before any failure.
    await withRetries(clock, store.put('n', 0));
    const seen = async (number: number): Promise<void> => {
      while ((await others.get('n')) !== number);
    };
    return { proxy, clock, store, others, seen };
  }

  it.each(['a commit', 'a one-shot put'])('%s whose answer is lost takes effect once', async (kind) => {
    const { proxy, clock, store, others, seen } = await openBehindProxy();
    const tx = await store.begin();
    await withRetries(clock, tx.put('n', ((await withRetries(clock, tx.get('n'))) as number) + 1));
    proxy.mode = 'losing answers';
    const writing = kind === 'a commit' ? tx.commit() : store.put('n', 1);
    await seen(1);
    // The write has taken effect. A second attempt must not overwrite what other clients wrote meanwhile.
    await others.put('n', 10);
    await nextAttemptWaits(clock);
    proxy.mode = 'open';
    await withRetries(clock, writing);
    expect(await others.get('n')).toBe(10);
    expect(proxy.answersLost).toBeGreaterThan(0);
  });

  it('a commit whose outcome cannot be found out fails with COMMIT_UNKNOWN, and is not run again', async () => {
    const { proxy, clock, store, others, seen } = await openBehindProxy();
    let runs = 0;
    const running = store.transaction(async (tx) => {
      runs++;
      await tx.put('n', ((await tx.get('n')) as number) + 1);
      proxy.mode = 'losing answers';
    });
    await seen(1);
    proxy.mode = 'closed';
    expect(await outcomeInTime(clock, running)).toBe('COMMIT_UNKNOWN');
    expect(runs).toBe(1);
    expect(await others.get('n')).toBe(1);
  });

  it.each([
    ['closed', 'CONNECTION_LOST', 0],
    ['losing answers', undefined, 1],
  ] as const)(
    'a commit without an answer in time (%s) is looked up, and then its outcome is known',
    async (mode, failure, expected) => {
      const { proxy, clock, store, others, seen } = await openBehindProxy();
      const tx = await store.begin();
      await withRetries(clock, tx.put('n', ((await withRetries(clock, tx.get('n'))) as number) + 1));
      proxy.mode = mode;
      const outcome = tx.commit().catch((error: MemStoreError) => error.code);
      await seen(expected);
      await nextAttemptWaits(clock);
      // The next attempt is the last one. After it fails, the look-up of the outcome waits for its backoff.
      clock.advance(2 * REQUEST_TIMEOUT_MS);
      await nextAttemptWaits(clock);
      proxy.mode = 'open';
      expect(await withRetries(clock, outcome)).toBe(failure);
      expect(await others.get('n')).toBe(expected);
      await withRetries(clock, store.put('n', 5));
      expect(await others.get('n')).toBe(5);
    },
  );

  it('reads without an answer fail with CONNECTION_LOST, and so does their transaction', async () => {
    const { proxy, clock, store } = await openBehindProxy();
    const tx = await store.begin();
    proxy.mode = 'closed';
    expect(await outcomeInTime(clock, tx.get('n'))).toBe('CONNECTION_LOST');
    expect(await outcomeInTime(clock, tx.put('n', 1))).toBe('CONNECTION_LOST');
    expect(await outcomeInTime(clock, store.get('n'))).toBe('CONNECTION_LOST');
    proxy.mode = 'open';
    expect(await withRetries(clock, store.get('n'))).toBe(0);
  });
});
