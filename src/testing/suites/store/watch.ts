import { assert } from '../../assert.ts';
import type { AnyStore } from './store-cases.ts';

/** A promise with a flag that shows whether it has settled. It may reject before it is awaited. */
export interface Watched<T> {
  readonly promise: Promise<T>;
  readonly settled: boolean;
}

export function watch<T>(promise: Promise<T>): Watched<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  return {
    promise,
    get settled() {
      return settled;
    },
  };
}

// A remote store replies in request order, so one round trip is enough. An in-process store may need several
// microtasks.
const ROUND_TRIPS = 8;

/** Waits until all operations that need not wait for a lock have settled. */
export async function letOthersFinish(store: AnyStore): Promise<void> {
  for (let trip = 0; trip < ROUND_TRIPS; trip++) await store.get('a key that nobody uses');
}

/** Fails the test unless the operation waits. */
export async function assertWaits(watched: Watched<unknown>, store: AnyStore, what: string): Promise<void> {
  await letOthersFinish(store);
  assert(!watched.settled, `${what} waits`);
}
