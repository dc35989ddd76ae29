import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { type Watched, watch } from '../../../src/testing/suites/store/watch.ts';
import { LOCKS } from '../../conformance/strategy-combinations.ts';
import { openStore } from '../../memory/open-store.ts';
import { Stream } from './stream.ts';

const WIDTH = 5;
const LONG = 200;

/**
 * Runs the stream until the operation has ended. Returns the number of operations of the stream that were
 * granted meanwhile.
 */
async function passedBy(stream: Stream, operation: () => Promise<unknown>): Promise<number> {
  await stream.flow(LONG);
  const before = stream.granted;
  const watched: Watched<unknown> = watch(operation());
  for (let turns = 0; !watched.settled && turns < LONG; turns++) await stream.flow(1);
  const passed = stream.granted - before;
  expect(watched.settled, `the operation still waits after ${passed} others were granted`).toBe(true);
  await watched.promise;
  return passed;
}

describe.each(LOCKS)('%s: a stream of transactions does not starve', (name, locks) => {
  // With mutexLocks, readers do not share a stripe, so up to `WIDTH` of them wait ahead in the queue.
  const ahead = name === 'keyLocks' ? 0 : WIDTH;

  it('a writer under a stream of readers', async () => {
    const { store } = openStore({ locks });
    const stream = new Stream(store, WIDTH, (tx) => tx.get('k'));
    const writer = await store.begin();
    expect(await passedBy(stream, () => writer.put('k', 1))).toBeLessThanOrEqual(ahead);
    await stream.stop();
    await store.close();
  });

  it('a writer under a stream of scans', async () => {
    const { store } = openStore({ locks });
    await store.put('k', 1);
    const stream = new Stream(store, WIDTH, (tx) => collect(tx.entries({ gte: 'a', lt: 'z' })));
    const writer = await store.begin();
    expect(await passedBy(stream, () => writer.put('k', 2))).toBeLessThanOrEqual(ahead);
    await stream.stop();
    await store.close();
  });

  it('a reader under a stream of writers', async () => {
    const { store } = openStore({ locks });
    const stream = new Stream(store, WIDTH, (tx, count) => tx.put('k', count));
    const reader = await store.begin();
    // The writers that requested the lock earlier come first.
    expect(await passedBy(stream, () => reader.get('k'))).toBeLessThanOrEqual(WIDTH);
    await stream.stop();
    await store.close();
  });

  it('a scan under a stream of writers into its range', async () => {
    const { store } = openStore({ locks });
    const stream = new Stream(store, WIDTH, (tx, count) => tx.put(`k${count % WIDTH}`, count));
    const scanner = await store.begin();
    const passed = await passedBy(stream, () => collect(scanner.entries({ gte: 'a', lt: 'z' })));
    expect(passed).toBeLessThanOrEqual(WIDTH);
    await stream.stop();
    await store.close();
  });

  it('an upgrade under a stream of readers', async () => {
    const { store } = openStore({ locks });
    const stream = new Stream(store, WIDTH, (tx) => tx.get('k'));
    const upgrader = await store.begin();
    const reading = watch(upgrader.get('k'));
    for (let turns = 0; !reading.settled && turns < LONG; turns++) await stream.flow(1);
    // The upgrade goes ahead of the queue, so only the current readers come first.
    expect(await passedBy(stream, () => upgrader.put('k', 1))).toBe(0);
    await stream.stop();
    await store.close();
  });

  it('a caller that waits because of maxActiveTransactions, and calls keep their order', async () => {
    const { store } = openStore({ locks, maxActiveTransactions: 1 });
    const order: number[] = [];
    const turns = Array.from({ length: LONG }, (_, place) =>
      store.transaction(async () => {
        order.push(place);
      }),
    );
    await Promise.all(turns);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    await store.close();
  });
});
