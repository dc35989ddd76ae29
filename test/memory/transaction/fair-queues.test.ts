import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../../src/testing/assert.ts';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { watch } from '../../../src/testing/suites/store/watch.ts';
import { type AnyMemStore, openStore, turn } from '../open-store.ts';

async function beginMany(store: AnyMemStore, count: number) {
  const transactions = [];
  for (let index = 0; index < count; index++) transactions.push(await store.begin());
  return transactions as [
    (typeof transactions)[number],
    (typeof transactions)[number],
    (typeof transactions)[number],
    (typeof transactions)[number],
    (typeof transactions)[number],
  ];
}

describe('first come, first served', () => {
  it('writers are granted their locks in request order', async () => {
    const { store } = openStore();
    const holder = await store.begin();
    await holder.put('k', 0);
    const order: number[] = [];
    const writers = await beginMany(store, 5);
    const waiting = writers.toReversed().map(async (writer) => {
      await writer.put('k', writer.id);
      order.push(writer.id);
      await writer.commit();
    });
    await turn();
    await holder.commit();
    await Promise.all(waiting);
    expect(order).toEqual(writers.toReversed().map(({ id }) => id));
  });

  it('a reader waits behind a waiting writer, although it could share the lock with the holder', async () => {
    const { store } = openStore();
    const [holder, writer, reader] = await beginMany(store, 3);
    await holder.get('k');
    const writing = watch(writer.put('k', 1));
    const reading = watch(reader.get('k'));
    await turn();
    expect(reading.settled).toBe(false);
    expect(store.locks().waiting.map(({ transactionId }) => transactionId)).toEqual([writer.id, reader.id]);
    await holder.commit();
    await writing.promise;
    await turn();
    expect(reading.settled).toBe(false);
    await writer.commit();
    expect(await reading.promise).toBe(1);
  });

  it('readers behind one writer are granted their locks together', async () => {
    const { store } = openStore();
    const [writer, ...readers] = await beginMany(store, 5);
    await writer.put('k', 1);
    const reading = readers.map((reader) => reader.get('k'));
    await turn();
    await writer.commit();
    expect(await Promise.all(reading)).toEqual([1, 1, 1, 1]);
  });

  it('a stream of readers cannot starve a writer', async () => {
    const { store } = openStore();
    let reader = await store.begin();
    await reader.get('k');
    const writer = await store.begin();
    const writing = watch(writer.put('k', 1));
    for (let round = 0; round < 10 && !writing.settled; round++) {
      const next = await store.begin();
      const reading = watch(next.get('k'));
      await turn();
      await reader.commit();
      await turn();
      if (!reading.settled) break;
      reader = next;
    }
    expect(writing.settled).toBe(true);
    await store.close();
  });

  it('a write waits behind a scan that waits for its range, even if its own key is free', async () => {
    const { store } = openStore();
    const [holder, scanner, writer, outsider] = await beginMany(store, 4);
    await holder.put('m', 1);
    const scanning = watch(collect(scanner.entries({ gte: 'a', lt: 'z' })));
    const writing = watch(writer.put('b', 1));
    await outsider.put('z', 1, { lockTimeout: 0 });
    await turn();
    expect(writing.settled).toBe(false);
    await holder.commit();
    expect(await scanning.promise).toEqual([['m', 1]]);
    await turn();
    expect(writing.settled).toBe(false);
    await scanner.commit();
    await writing.promise;
  });

  it('a scan waits behind a waiting write in its range', async () => {
    const { store } = openStore();
    const [reader, writer, scanner] = await beginMany(store, 3);
    await reader.get('m');
    const writing = watch(writer.put('m', 1));
    const scanning = watch(collect(scanner.entries()));
    await turn();
    expect(scanning.settled).toBe(false);
    await reader.commit();
    await writing.promise;
    await writer.commit();
    expect(await scanning.promise).toEqual([['m', 1]]);
  });

  it('a request that is withdrawn unblocks the requests behind it immediately', async () => {
    const { store, clock } = openStore();
    const [holder, writer, reader] = await beginMany(store, 3);
    await holder.get('k');
    const writing = watch(writer.put('k', 1, { lockTimeout: 100 }));
    const reading = watch(reader.get('k'));
    await turn();
    clock.advance(99);
    await turn();
    expect(reading.settled).toBe(false);
    clock.advance(1);
    await assertRejects(writing.promise, 'LOCK_TIMEOUT');
    expect(await reading.promise).toBe(undefined);
    expect(holder.status).toBe('active');
    await store.close();
  });
});

describe('the exceptions', () => {
  it('a lock that the transaction holds is granted immediately, even if others wait', async () => {
    const { store } = openStore();
    const [holder, writer] = await beginMany(store, 2);
    await holder.get('k');
    const writing = watch(writer.put('k', 1));
    await turn();
    expect(await holder.get('k', { lockTimeout: 0 })).toBe(undefined);
    expect(writing.settled).toBe(false);
    await store.close();
  });

  it('an upgrade goes ahead of the queue', async () => {
    const { store } = openStore();
    const [upgrader, otherReader, writer] = await beginMany(store, 3);
    await upgrader.get('k');
    await otherReader.get('k');
    const writing = watch(writer.put('k', 'writer'));
    await turn();
    const upgrading = watch(upgrader.put('k', 'upgrader'));
    await turn();
    expect(upgrading.settled).toBe(false);
    await otherReader.commit();
    await upgrading.promise;
    expect(writing.settled).toBe(false);
    await upgrader.commit();
    await writing.promise;
    expect(store.stats().deadlocks).toBe(0);
  });

  // Without this rule the queue order causes a deadlock: the holder of m waits for a scan that waits for m.
  it('a request does not queue behind a scan that waits for the same transaction', async () => {
    const { store } = openStore();
    const [holder, scanner] = await beginMany(store, 2);
    await holder.put('m', 1);
    const scanning = watch(collect(scanner.entries({ gte: 'a', lt: 'z' })));
    await turn();
    await holder.put('b', 1);
    expect(scanning.settled).toBe(false);
    await holder.commit();
    expect(await scanning.promise).toEqual([
      ['b', 1],
      ['m', 1],
    ]);
    expect(store.stats()).toMatchObject({ deadlocks: 0, waitingOperations: 0 });
  });

  it('a request does not queue behind a writer that waits for the same transaction through others', async () => {
    const { store } = openStore();
    const [reader, middle, writer] = await beginMany(store, 3);
    await middle.get('j');
    await reader.put('k', 1);
    const writing = watch(writer.put('j', 1));
    const middling = watch(middle.get('k'));
    await turn();
    // The writer waits for the middle transaction, and the middle transaction waits for the reader. The
    // reader could share j with the middle transaction.
    expect(await reader.get('j')).toBe(undefined);
    expect(writing.settled).toBe(false);
    await reader.commit();
    expect(await middling.promise).toBe(1);
    await middle.commit();
    await writing.promise;
    expect(store.stats().deadlocks).toBe(0);
  });

  it('a request with lockTimeout 0 that could go ahead does not fail with LOCK_UNAVAILABLE', async () => {
    const { store } = openStore();
    const [holder, scanner] = await beginMany(store, 2);
    await holder.put('m', 1);
    const scanning = watch(collect(scanner.entries({ gte: 'a', lt: 'z' })));
    await turn();
    await holder.put('b', 1, { lockTimeout: 0 });
    await holder.commit();
    expect(await scanning.promise).toHaveLength(2);
  });

  it('other requests are moved ahead if that unblocks all of them', async () => {
    const { store } = openStore();
    const [holder, scanner, writer] = await beginMany(store, 3);
    await holder.put('m', 1);
    await writer.get('zz');
    const scanning = watch(collect(scanner.entries({ gte: 'a', lt: 'z' })));
    await turn();
    const writing = watch(writer.put('b', 1));
    await turn();
    expect(writing.settled).toBe(false);
    // The holder now waits for the writer. The writer is queued behind the scan, which waits for the holder.
    const holding = watch(holder.put('zz', 1));
    await writing.promise;
    expect(scanning.settled).toBe(false);
    await writer.commit();
    await holding.promise;
    await holder.commit();
    expect(await scanning.promise).toEqual([
      ['b', 1],
      ['m', 1],
    ]);
    expect(store.stats().deadlocks).toBe(0);
  });

  it('a request of an unrelated transaction stays in the queue', async () => {
    const { store } = openStore();
    const [reader, writer, other, late] = await beginMany(store, 4);
    await reader.get('a');
    await late.get('b');
    const waiting = [watch(other.put('b', 2)), watch(writer.put('a', 3))];
    const reading = watch(late.get('a'));
    await turn();
    expect(reading.settled).toBe(false);
    await reader.commit();
    await waiting[1]?.promise;
    await writer.commit();
    expect(await reading.promise).toBe(3);
    await late.commit();
    await waiting[0]?.promise;
    expect(store.stats().deadlocks).toBe(0);
  });
});
