import { lru, MemStore, type Transaction } from 'memstore-tx';
import { FakeClock } from 'memstore-tx/testing';
import { describe, expect, it } from 'vitest';

type Numbers = Record<string, number>;

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

async function opened(): Promise<{ store: MemStore<Numbers>; clock: FakeClock }> {
  const clock = new FakeClock();
  const store = new MemStore<Numbers>({ clock, idleTimeout: 1_000 });
  await store.putMany(['a', 'b', 'c'].map((key) => [key, 1] as const));
  return { store, clock };
}

describe('a snapshot', () => {
  it('expires when it is idle, and every operation counts as use', async () => {
    const { store, clock } = await opened();
    const [idle, busy] = [await store.begin({ readOnly: true }), await store.begin({ readOnly: true })];
    const reads = [
      () => busy.get('a'),
      () => busy.getMany(['a', 'b']),
      () => busy.has('a'),
      () => busy.ttl('a'),
      () => busy.entries().next(),
    ];
    for (const read of reads) {
      clock.advance(600);
      await read();
    }
    expect([idle.status, busy.status]).toEqual(['aborted', 'active']);
    expect(await codeOf(idle.get('a'))).toBe('TRANSACTION_EXPIRED');
    clock.advance(2_000);
    expect(busy.status).toBe('aborted');
    expect(store.stats().activeSnapshots).toBe(0);
  });

  it('refuses operations that no transaction allows', async () => {
    const { store } = await opened();
    const snapshot = (await store.begin({ readOnly: true })) as Transaction<Numbers>;
    const key = 5 as unknown as string;
    const refusals: [Promise<unknown>, string][] = [
      [snapshot.get(key), 'INVALID_KEY'],
      [snapshot.getMany([key]), 'INVALID_KEY'],
      [snapshot.has(key), 'INVALID_KEY'],
      [snapshot.ttl(key), 'INVALID_KEY'],
      [snapshot.get('a', { lockTimeout: -1 }), 'INVALID_OPTION'],
      [snapshot.get('a', { signal: AbortSignal.abort() }), 'ABORTED'],
      [snapshot.entries({ limit: -1 }).next(), 'INVALID_OPTION'],
      [snapshot.entries({ signal: AbortSignal.abort() }).next(), 'ABORTED'],
      [snapshot.entries({ forUpdate: true }).next(), 'READ_ONLY'],
      [snapshot.getForUpdate('a'), 'READ_ONLY'],
      [snapshot.put('a', 1), 'READ_ONLY'],
      [snapshot.putMany([['a', 1]]), 'READ_ONLY'],
      [snapshot.del('a'), 'READ_ONLY'],
      [snapshot.rollbackTo(undefined as never), 'INVALID_OPTION'],
    ];
    for (const [promise, code] of refusals) expect(await codeOf(promise)).toBe(code);
    expect([snapshot.readOnly, snapshot.status]).toEqual([true, 'active']);
  });

  it('has no ttl for a version without expiry', async () => {
    const { store } = await opened();
    const snapshot = await store.begin({ readOnly: true });
    await store.put('a', 2, { ttl: 10 });
    expect(await snapshot.ttl('a')).toBeUndefined();
    await snapshot.commit();
  });

  it('counts its reads as use in the cache', async () => {
    const store = new MemStore<Numbers>({ cache: lru({ max: 2 }) });
    await store.putMany(Object.entries({ a: 1, b: 1 }));
    const snapshot = await store.begin({ readOnly: true });
    await snapshot.get('a');
    await snapshot.commit();
    await store.put('c', 1);
    expect(await store.getMany(['a', 'b', 'c'])).toEqual([1, undefined, 1]);
  });

  it('of a scan ends with the scan, also if copying its first row fails', async () => {
    let isReading = false;
    const clone = <T>(value: T): T => {
      if (isReading) throw new Error('no copy');
      return value;
    };
    const store = new MemStore<Record<string, object>>({ clone });
    await store.putMany(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, { index }] as const));
    isReading = true;
    const rows = store.entries();
    await expect(rows.next()).rejects.toThrow();
    expect(store.stats().activeSnapshots).toBe(0);
    expect((await rows.next()).done).toBe(true);
  });

  it('scans up to the limit in either direction, without later changes', async () => {
    const { store } = await opened();
    const snapshot = await store.begin({ readOnly: true });
    await store.del('b');
    await store.putMany([
      ['aa', 2],
      ['c', 2],
    ]);
    const read = async (options: Parameters<typeof snapshot.entries>[0]): Promise<unknown[]> => {
      const rows: unknown[] = [];
      for await (const row of snapshot.entries(options)) rows.push(row.join(''));
      return rows;
    };
    expect(await read({})).toEqual(['a1', 'b1', 'c1']);
    expect(await read({ reverse: true })).toEqual(['c1', 'b1', 'a1']);
    expect(await read({ limit: 2 })).toEqual(['a1', 'b1']);
    expect(await read({ limit: 2, reverse: true })).toEqual(['c1', 'b1']);
    expect(await read({ limit: 0 })).toEqual([]);
    expect(await read({ gt: 'a', lt: 'c' })).toEqual(['b1']);
    const rows = snapshot.entries();
    await rows.next();
    await snapshot.commit();
    expect(await codeOf(rows.next())).toBe('TRANSACTION_CLOSED');
  });

  it('is rolled back when it leaves its scope', async () => {
    const { store } = await opened();
    const snapshot = await store.begin({ readOnly: true });
    await snapshot[Symbol.asyncDispose]();
    expect(snapshot.status).toBe('aborted');
    expect(store.stats().activeSnapshots).toBe(0);
  });

  it('reports how it ended in later errors, and ignores a second rollback', async () => {
    const { store } = await opened();
    const committed = await store.begin({ readOnly: true });
    await committed.commit();
    await committed.rollback();
    expect(committed.status).toBe('committed');
    await expect(committed.commit()).rejects.toMatchObject({
      code: 'TRANSACTION_CLOSED',
      message: `Transaction ${committed.id} is committed.`,
    });
    const rolledBack = (await store.begin({ readOnly: true })) as Transaction<Numbers>;
    await rolledBack.rollback();
    await rolledBack.rollback();
    expect(rolledBack.status).toBe('aborted');
    for (const late of [rolledBack.commit(), rolledBack.get('a'), rolledBack.put('a', 1)])
      await expect(late).rejects.toMatchObject({
        code: 'TRANSACTION_ABORTED',
        message: `Transaction ${rolledBack.id} was rolled back.`,
      });
    expect(store.stats().activeSnapshots).toBe(0);
  });
});
