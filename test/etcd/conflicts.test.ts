import { MemStoreError, type Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { missingEtcd } from './etcd-cluster.ts';
import { useCluster } from './use-cluster.ts';

type AnyTransaction = Transaction<Record<string, unknown>>;

const conflict = expect.objectContaining({ code: 'CONFLICT', retryable: true });

async function keysOf(rows: AsyncIterable<readonly [string, unknown]>): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of rows) keys.push(key);
  return keys;
}

describe.skipIf(missingEtcd)('conflicts of optimistic transactions', () => {
  const { open } = useCluster(1);

  it('the second of two that read a key and write it loses, and takes nothing with it', async () => {
    const store = await open();
    await store.put('k', 1);
    const [first, second] = [await store.begin(), await store.begin()];
    for (const tx of [first, second]) expect(await tx.get('k')).toBe(1);
    await first.put('k', 2);
    await second.put('k', 3);
    await second.put('other', 3);
    await first.commit();
    await expect(second.commit()).rejects.toEqual(conflict);
    expect(second.status).toBe('aborted');
    expect(second.failure).toEqual(conflict);
    await expect(second.get('k')).rejects.toEqual(conflict);
    expect(await store.getMany(['k', 'other'])).toEqual([2, undefined]);
  });

  it('a key that was absent counts as read', async () => {
    const store = await open();
    const tx = await store.begin();
    expect(await tx.has('k')).toBe(false);
    await store.put('k', 1);
    await tx.put('mine', 1);
    await expect(tx.commit()).rejects.toEqual(conflict);
  });

  it('a key that was deleted and put again counts as changed', async () => {
    const store = await open();
    await store.put('k', 1);
    const tx = await store.begin();
    await tx.get('k');
    await store.del('k');
    await store.put('k', 1);
    await tx.put('mine', 1);
    await expect(tx.commit()).rejects.toEqual(conflict);
  });

  it('write skew is refused', async () => {
    const store = await open();
    await store.putMany([
      ['a', true],
      ['b', true],
    ]);
    const [first, second] = [await store.begin(), await store.begin()];
    for (const tx of [first, second]) expect(await tx.getMany(['a', 'b'])).toEqual([true, true]);
    await first.put('a', false);
    await second.put('b', false);
    await first.commit();
    await expect(second.commit()).rejects.toEqual(conflict);
  });

  const changes: Readonly<Record<string, (tx: AnyTransaction) => Promise<unknown>>> = {
    'something new in it': (tx) => tx.put('c', 1),
    'something new at its beginning': (tx) => tx.put('b', 1),
    'something new at its end': (tx) => tx.put('e\uffff', 1),
    'a change in it': (tx) => tx.put('d', 2),
    'a deletion in it': (tx) => tx.del('d'),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`a range that was scanned has no phantoms: ${what}`, async () => {
      const store = await open();
      await store.put('d', 1);
      for (const reverse of [false, true]) {
        const tx = await store.begin();
        expect(await keysOf(tx.entries({ gte: 'b', lt: 'f', reverse }))).toEqual(['d']);
        await store.transaction(change);
        await tx.put('mine', 1);
        await expect(tx.commit()).rejects.toEqual(conflict);
        await store.transaction(async (again) => {
          for (const key of await keysOf(again.entries())) await again.del(key);
          await again.put('d', 1);
        });
      }
    });
  }

  it('what lies outside a range that was scanned, or was not come to, may change', async () => {
    const store = await open();
    await store.putMany(['b', 'd', 'f', 'h'].map((key) => [key, 1] as const));
    const tx = await store.begin();
    expect(await keysOf(tx.entries({ gt: 'b', lt: 'f' }))).toEqual(['d']);
    expect(await keysOf(tx.entries({ gte: 'f', limit: 1 }))).toEqual(['f']);
    await store.putMany(['a', 'b', 'f\0', 'g', 'h'].map((key) => [key, 2] as const));
    await tx.put('mine', 1);
    await tx.commit();
    const next = await store.begin();
    expect(await keysOf(next.entries({ gte: 'f', limit: 1 }))).toEqual(['f']);
    await store.put('f', 3);
    await next.put('mine', 2);
    await expect(next.commit()).rejects.toEqual(conflict);
  });

  it('who reads only never conflicts, and reads one moment', async () => {
    const store = await open();
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    for (const options of [{}, { readOnly: true }]) {
      const tx = await store.begin(options);
      expect(await tx.get('a')).toBe(1);
      await store.putMany([
        ['a', 2],
        ['b', 2],
      ]);
      expect(await tx.get('b')).toBe(1);
      await tx.commit();
      await store.putMany([
        ['a', 1],
        ['b', 1],
      ]);
    }
  });

  it('who writes without reading never conflicts', async () => {
    const store = await open();
    const [first, second] = [await store.begin(), await store.begin()];
    await first.put('k', 1);
    await second.put('k', 2);
    await second.commit();
    await first.commit();
    expect(await store.get('k')).toBe(1);
  });

  it('transaction() runs the loser again until it gets through', async () => {
    const [one, prefix] = [await open({ prefix: 'shared' }), 'shared'];
    const other = await open({ prefix });
    const increment = (store: typeof one): Promise<void> =>
      store.transaction(async (tx) => {
        await tx.put('n', (((await tx.get('n')) as number | undefined) ?? 0) + 1);
      });
    await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index % 2 === 0 ? one : other)));
    expect(await other.get('n')).toBe(40);
  });

  it('a read for update moves the transaction on, and says at once when that cannot be', async () => {
    const store = await open();
    await store.putMany([
      ['a', 1],
      ['b', 1],
    ]);
    const tx = await store.begin();
    expect(await tx.get('a')).toBe(1);
    await store.put('b', 2);
    expect(await tx.getForUpdate('b')).toBe(2);
    await store.put('a', 2);
    await expect(tx.getForUpdate('c')).rejects.toEqual(conflict);
    expect(tx.status).toBe('aborted');
  });

  it('a commit of more than the cluster takes is refused with the number', async () => {
    const store = await open();
    const many = Array.from({ length: 128 }, (_, index) => [`k${index}`, index] as const);
    const refusal = expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('127'),
    });
    await expect(store.putMany(many)).rejects.toEqual(refusal);
    await store.putMany(many.slice(1));
    await store.put('k0', 0);
    const reader = await store.begin();
    await reader.getMany(many.map(([key]) => key));
    await reader.put('mine', 1);
    await expect(reader.commit()).rejects.toEqual(refusal);
    const large = store.put('large', 'x'.repeat(2_000_000));
    await expect(large).rejects.toEqual(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    await expect(large).rejects.toThrow(/1572864/);
    await expect(large).rejects.toBeInstanceOf(MemStoreError);
  });

  it('an iterable is read only until it has more entries than the cluster takes', async () => {
    const store = await open();
    let read = 0;
    const entries = function* (): Generator<[key: string, value: number]> {
      while (read < 1_000) yield [`k${read}`, read++];
    };
    await expect(store.putMany(entries())).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(read).toBe(128);
  });
});
