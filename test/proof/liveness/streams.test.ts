import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/testing/suites/store/collect.ts';
import { type Watched, watch } from '../../../src/testing/suites/store/watch.ts';
import { LOCKS } from '../../conformance/strategy-combinations.ts';
import { openStore } from '../../memory/open-store.ts';
import { Stream } from './stream.ts';

const WIDTH = 5;
const LONG = 200;

/** Lets the stream flow until the operation is through, and gives how many of the stream were let past it. */
async function passedBy(stream: Stream, operation: () => Promise<unknown>): Promise<number> {
  await stream.flow(LONG);
  const before = stream.granted;
  const watched: Watched<unknown> = watch(operation());
  for (let turns = 0; !watched.settled && turns < LONG; turns++) await stream.flow(1);
  const passed = stream.granted - before;
  expect(watched.settled, `it still waits when ${passed} have passed`).toBe(true);
  await watched.promise;
  return passed;
}

describe.each(LOCKS)('%s: nobody starves', (name, locks) => {
  // Readers of a stripe do not share it, so all of them stand in one queue ahead of whoever comes next.
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
    // Those who asked before it come first.
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
    // It goes ahead of the queue: only who reads already comes first.
    expect(await passedBy(stream, () => upgrader.put('k', 1))).toBe(0);
    await stream.stop();
    await store.close();
  });

  it('whoever waits for a place among the open transactions, in the order of the calls', async () => {
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
