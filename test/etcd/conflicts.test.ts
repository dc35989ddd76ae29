import { MemStoreError, type Transaction } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { skipNote } from '../skip-note.ts';
import { missingEtcd } from './etcd-cluster.ts';
import { useCluster } from './use-cluster.ts';

type AnyTransaction = Transaction<Record<string, unknown>>;

const HOUR_MS = 3_600_000;
const conflict = expect.objectContaining({ code: 'CONFLICT', retryable: true });

async function keysOf(rows: AsyncIterable<readonly [string, unknown]>): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of rows) keys.push(key);
  return keys;
}

describe.skipIf(missingEtcd)(`conflicts of optimistic transactions${skipNote(missingEtcd)}`, () => {
  const { open } = useCluster(1);

  it('of two transactions that read and write a key, the second loses, and none of its writes is stored', async () => {
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

  it('a transaction that read an absent key conflicts with a put of that key', async () => {
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
    'a new key in the range': (tx) => tx.put('c', 1),
    'a new key at the start of the range': (tx) => tx.put('b', 1),
    'a new key at the end of the range': (tx) => tx.put('e\uffff', 1),
    'a changed value in the range': (tx) => tx.put('d', 2),
    'a deletion in the range': (tx) => tx.del('d'),
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`a scanned range has no phantoms: ${what}`, async () => {
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

  it('a change outside the scanned range, or behind the last row that was read, causes no conflict', async () => {
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

  it('a transaction that only reads never conflicts, and reads a single moment', async () => {
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

  it('a transaction that only writes never conflicts', async () => {
    const store = await open();
    const [first, second] = [await store.begin(), await store.begin()];
    await first.put('k', 1);
    await second.put('k', 2);
    await second.commit();
    await first.commit();
    expect(await store.get('k')).toBe(1);
  });

  it('transaction() runs the loser again until it commits', async () => {
    const [one, prefix] = [await open({ prefix: 'shared' }), 'shared'];
    const other = await open({ prefix });
    const increment = (store: typeof one): Promise<void> =>
      store.transaction(
        async (tx) => {
          await tx.put('n', (((await tx.get('n')) as number | undefined) ?? 0) + 1);
        },
        // On a slow machine, the last of 40 conflicting transactions takes longer than the default timeout.
        { retryTimeout: HOUR_MS },
      );
    await Promise.all(Array.from({ length: 40 }, (_, index) => increment(index % 2 === 0 ? one : other)));
    expect(await other.get('n')).toBe(40);
  });

  it('a read for update moves the transaction to the newest revision, and fails if an earlier read has changed', async () => {
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

  it('a commit with more operations than the cluster accepts is refused, and the error names the limit', async () => {
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

  it('an iterable is read no further than the number of entries that the cluster accepts', async () => {
    const store = await open();
    let read = 0;
    const entries = function* (): Generator<[key: string, value: number]> {
      while (read < 1_000) yield [`k${read}`, read++];
    };
    await expect(store.putMany(entries())).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(read).toBe(128);
  });
});
