import { assert } from '../../assert.ts';
import type { AnyStore } from './store-cases.ts';

/** A promise that may be looked at before it settles, and may reject before anybody awaits it. */
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

// A remote store answers in the order of the requests, so one would do; an in-process one may take some
// microtasks.
const ROUND_TRIPS = 8;

/** Gives everything that can go on the time to do so: requests made later than it are answered first. */
export async function letOthersFinish(store: AnyStore): Promise<void> {
  for (let trip = 0; trip < ROUND_TRIPS; trip++) await store.get('a key that nobody uses');
}

/** Fails the test unless the operation waits. */
export async function assertWaits(watched: Watched<unknown>, store: AnyStore, what: string): Promise<void> {
  await letOthersFinish(store);
  assert(!watched.settled, `${what} waits`);
}
