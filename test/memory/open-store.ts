import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { expect } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';

export type AnyMemStore = MemStore<Record<string, unknown>>;

export interface OpenStore {
  readonly store: AnyMemStore;
  readonly clock: FakeClock;
}

/** A store whose time stands still until the test moves it, and whose retries do not jitter. */
export function openStore(options: MemStoreOptions = {}): OpenStore {
  const clock = new FakeClock();
  return { store: new MemStore<Record<string, unknown>>({ clock, random: () => 0.5, ...options }), clock };
}

/** Every promise that can settle without time moving on has done so when this resolves. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for the promise, moving time on, a millisecond a turn, for the retries that it takes. */
export async function drive<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  for (;;) {
    await turn();
    if (settled) return promise;
    clock.advance(1);
  }
}

// The longest that a sweep for idle transactions may look for more of them.
const LAST_SWEEP_MS = 60_000;

/**
 * Fails unless the store keeps nothing on behalf of transactions that have ended, and no timer goes on for
 * ever.
 */
export function expectNothingLeft({ store, clock }: OpenStore): void {
  expect(store.locks()).toEqual({ held: [], waiting: [] });
  expect(store.stats()).toMatchObject({
    activeTransactions: 0,
    activeSnapshots: 0,
    historyVersions: 0,
    historyBytes: 0,
    uncommittedBytes: 0,
    waitingOperations: 0,
  });
  expect(clock.keepAliveTimers).toBe(0);
  clock.advance(LAST_SWEEP_MS);
  expect(clock.pendingTimers).toBe(0);
}
