import { describe, expect, it } from 'vitest';
import { covers } from '../../../src/contract/key-range.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { type AnyMemStore, openStore, turn } from '../open-store.ts';

const PROBES = ['', 'a', 'b', 'b\0', 'c', 'd', 'd\0', 'e', 'f', 'g', 'h', 'h\0', 'z'];

async function openFilled(): Promise<AnyMemStore> {
  const { store } = openStore();
  await store.putMany(['b', 'd', 'f', 'h'].map((key) => [key, 1] as const));
  return store;
}

/** Returns the probes that are locked, by a range lock or a key lock. */
function lockedProbes(store: AnyMemStore): string[] {
  const { held } = store.locks();
  return PROBES.filter((probe) =>
    held.some(({ key, range }) => (range === undefined ? key === probe : covers(range, probe))),
  );
}

describe("a scan's range lock covers exactly the range read", () => {
  it.each([
    [{}, PROBES],
    [{ gte: 'b', lt: 'f' }, ['b', 'b\0', 'c', 'd', 'd\0', 'e']],
    [{ gt: 'b', lte: 'd' }, ['b\0', 'c', 'd']],
    [{ prefix: 'd' }, ['d', 'd\0']],
    [{ gte: 'x', lt: 'y' }, []],
    [{ limit: 2 }, ['', 'a', 'b', 'b\0', 'c', 'd']],
    [{ gt: 'b', limit: 1 }, ['b\0', 'c', 'd']],
    [{ reverse: true, limit: 1 }, ['h', 'h\0', 'z']],
    [{ reverse: true, limit: 2, lt: 'h' }, ['d', 'd\0', 'e', 'f', 'g']],
    [{ gte: 'c', lt: 'e', limit: 9 }, ['c', 'd', 'd\0']],
    [{ limit: 0 }, []],
  ])('%j', async (range, covered) => {
    const store = await openFilled();
    const tx = await store.begin();
    await collect(tx.entries(range));
    expect(lockedProbes(store)).toEqual(covered);
    await tx.commit();
    expect(store.locks()).toEqual({ held: [], waiting: [] });
  });

  it('and a scan locks nothing before its first entry is requested', async () => {
    const store = await openFilled();
    const tx = await store.begin();
    const scan = tx.entries();
    await turn();
    expect(store.locks().held).toEqual([]);
    await scan.next();
    expect(lockedProbes(store)).toEqual(PROBES);
  });

  it('and a scan for update also locks its rows exclusively', async () => {
    const store = await openFilled();
    const tx = await store.begin();
    await collect(tx.entries({ gte: 'b', lt: 'f', forUpdate: true }));
    expect(lockedProbes(store)).toEqual(['b', 'b\0', 'c', 'd', 'd\0', 'e']);
    const exclusive = store.locks().held.filter(({ mode }) => mode === 'exclusive');
    expect(exclusive.map(({ key }) => key)).toEqual(['b', 'd']);
  });

  it('and a scan with skipLocked locks only its rows', async () => {
    const store = await openFilled();
    const tx = await store.begin();
    await collect(tx.entries({ forUpdate: true, skipLocked: true, limit: 2 }));
    expect(store.locks().held).toEqual([
      { transactionId: tx.id, key: 'b', mode: 'exclusive' },
      { transactionId: tx.id, key: 'd', mode: 'exclusive' },
    ]);
  });

  it('and a scan with a limit that ends early locks the range up to the last row that was read', async () => {
    const store = await openFilled();
    const tx = await store.begin();
    for await (const [key] of tx.entries({ limit: 3 })) {
      expect(key).toBe('b');
      break;
    }
    expect(store.locks().held).toEqual([
      { transactionId: tx.id, range: { from: '', to: 'b\0' }, mode: 'shared' },
    ]);
  });
});

describe('a range lock covers every key in it', () => {
  it('reads of them are granted synchronously although a writer waits', async () => {
    const store = await openFilled();
    const scanner = await store.begin();
    await collect(scanner.entries({ gte: 'b', lt: 'f' }));
    const writer = await store.begin();
    const writing = watch(writer.put('d', 2));
    await turn();
    expect(await scanner.get('d', { lockTimeout: 0 })).toBe(1);
    expect(await scanner.get('c', { lockTimeout: 0 })).toBe(undefined);
    expect(writing.settled).toBe(false);
  });

  it('a write of one of them is an upgrade, ahead of a waiting writer', async () => {
    const store = await openFilled();
    const scanner = await store.begin();
    await collect(scanner.entries({ gte: 'b', lt: 'f' }));
    const writer = await store.begin();
    const writing = watch(writer.put('c', 'second'));
    await turn();
    await scanner.put('c', 'first');
    await scanner.commit();
    expect(await store.get('c')).toBe('first');
    await writing.promise;
    await writer.commit();
    expect(await store.get('c')).toBe('second');
    expect(store.stats().deadlocks).toBe(0);
  });

  it('a scan within it is granted synchronously although writers wait', async () => {
    const store = await openFilled();
    const scanner = await store.begin();
    await collect(scanner.entries());
    const writer = await store.begin();
    watch(writer.put('c', 2));
    await turn();
    expect(await collect(scanner.entries({ gte: 'b', lt: 'e', lockTimeout: 0 }))).toHaveLength(2);
    await store.close();
  });
});

it('reports locks of absent keys like those of present keys', async () => {
  const store = await openFilled();
  const [reader, writer] = [await store.begin(), await store.begin()];
  await reader.get('absent');
  watch(writer.put('absent', 1));
  await turn();
  expect(store.locks()).toEqual({
    held: [{ transactionId: reader.id, key: 'absent', mode: 'shared' }],
    waiting: [{ transactionId: writer.id, key: 'absent', mode: 'exclusive', waitsFor: [reader.id] }],
  });
  await store.close();
});

it('shows the exclusive holder of a committed entry', async () => {
  const store = await openFilled();
  const [writer, reader] = [await store.begin(), await store.begin()];
  await writer.put('b', 2);
  await reader.get('d');
  expect(await collect(store.showAll())).toEqual([
    ['b', { value: 1, transactionId: writer.id }],
    ['d', { value: 1, transactionId: undefined }],
    ['f', { value: 1, transactionId: undefined }],
    ['h', { value: 1, transactionId: undefined }],
  ]);
});
