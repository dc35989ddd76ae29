import type { MemStoreError } from 'memstore-tx';
import { EtcdStore } from 'memstore-tx/etcd';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingEtcd } from './etcd-cluster.ts';
import { FlakyProxy } from './flaky-proxy.ts';
import { useCluster } from './open-cluster.ts';

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe.skipIf(missingEtcd)('a cluster whose answers are lost', () => {
  const etcd = useCluster(1);

  /** A store behind a way that can fail, and one that sees the cluster as it is. */
  async function openBehindProxy(
    requestTimeout: number,
    clock?: FakeClock,
  ): Promise<{
    readonly proxy: FlakyProxy;
    readonly store: EtcdStore;
    readonly others: EtcdStore;
  }> {
    const proxy = await FlakyProxy.to(etcd.cluster.hosts[0] ?? '');
    const prefix = etcd.newPrefix();
    const attemptTimeout = clock === undefined ? 200 : 3_000;
    const store = await EtcdStore.open({ hosts: proxy.host, prefix, requestTimeout, attemptTimeout, clock });
    const others = await etcd.open({ prefix });
    onTestFinished(async () => {
      proxy.mode = 'open';
      await store.close();
      proxy.close();
    });
    // The session is there before anything goes wrong.
    await store.put('n', 0);
    return { proxy, store, others };
  }

  it('a commit whose answer is lost takes effect once, and says so', async () => {
    const { proxy, store, others } = await openBehindProxy(20_000);
    const tx = await store.begin();
    await tx.put('n', ((await tx.get('n')) as number) + 1);
    proxy.mode = 'losing answers';
    const lost = proxy.lost();
    const committing = tx.commit();
    await lost;
    // It did take effect, and what others do meanwhile must not be undone by a second attempt.
    expect(await others.get('n')).toBe(1);
    await others.put('n', 10);
    proxy.mode = 'open';
    await committing;
    expect(await others.get('n')).toBe(10);
    expect(proxy.answersLost).toBeGreaterThan(0);
  });

  it('a one-shot put whose answer is lost takes effect once', async () => {
    const { proxy, store, others } = await openBehindProxy(20_000);
    proxy.mode = 'losing answers';
    const lost = proxy.lost();
    const putting = store.put('n', 1);
    await lost;
    expect(await others.get('n')).toBe(1);
    await others.put('n', 10);
    proxy.mode = 'open';
    await putting;
    expect(await others.get('n')).toBe(10);
  });

  it('a commit of which nothing can be found out is COMMIT_UNKNOWN, and is not run again', async () => {
    const { proxy, store, others } = await openBehindProxy(300);
    let runs = 0;
    const running = store.transaction(async (tx) => {
      runs++;
      await tx.put('n', ((await tx.get('n')) as number) + 1);
      proxy.mode = 'losing answers';
      void proxy.lost().then(() => {
        proxy.mode = 'closed';
      });
    });
    await expect(running).rejects.toEqual(code('COMMIT_UNKNOWN'));
    expect(runs).toBe(1);
    expect(await others.get('n')).toBe(1);
  });

  /** Resolves when an attempt has failed, and the next one waits for its time. */
  async function nextAttemptWaits(clock: FakeClock): Promise<void> {
    while (clock.keepAliveTimers === 0) await new Promise(setImmediate);
  }

  it.each([
    ['closed', 'CONNECTION_LOST', 0],
    ['losing answers', undefined, 1],
  ] as const)(
    'a commit that gets no answer in time (%s) is looked up, and then it is known whether it took effect',
    async (mode, failure, expected) => {
      const clock = new FakeClock();
      const { proxy, store, others } = await openBehindProxy(10_000, clock);
      const tx = await store.begin();
      await tx.put('n', ((await tx.get('n')) as number) + 1);
      proxy.mode = mode;
      const outcome = tx.commit().then(
        () => undefined,
        (error: MemStoreError) => error.code,
      );
      await nextAttemptWaits(clock);
      // The one that comes now is the last; what waits after it is the look-up.
      clock.advance(20_000);
      await nextAttemptWaits(clock);
      proxy.mode = 'open';
      clock.advance(1_000);
      expect(await outcome).toBe(failure);
      expect(await others.get('n')).toBe(expected);
      await store.put('n', 5);
      expect(await others.get('n')).toBe(5);
    },
  );

  it('reads that nobody answers end with CONNECTION_LOST, and so does their transaction', async () => {
    const { proxy, store } = await openBehindProxy(300);
    const tx = await store.begin();
    proxy.mode = 'closed';
    await expect(tx.get('n')).rejects.toEqual(code('CONNECTION_LOST'));
    await expect(tx.put('n', 1)).rejects.toEqual(code('CONNECTION_LOST'));
    await expect(store.get('n')).rejects.toEqual(code('CONNECTION_LOST'));
    proxy.mode = 'open';
    expect(await store.get('n')).toBe(0);
  });
});
