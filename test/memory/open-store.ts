import { MemStore, type MemStoreOptions } from 'memstore-tx';
import { expect } from 'vitest';
import { FakeClock } from '../../src/testing/fake-clock.ts';

export type AnyMemStore = MemStore<Record<string, unknown>>;

export interface OpenStore {
  readonly store: AnyMemStore;
  readonly clock: FakeClock;
}

/** Opens a store with a fake clock and without jitter in its retries. */
export function openStore(options: MemStoreOptions = {}): OpenStore {
  const clock = new FakeClock();
  return { store: new MemStore<Record<string, unknown>>({ clock, random: () => 0.5, ...options }), clock };
}

/** Waits until every promise that can settle without advancing the clock has settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits for the promise. Advances the clock by a millisecond per turn, so that retries run. */
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

// The longest time until the sweep for idle transactions runs again.
const LAST_SWEEP_MS = 60_000;

/** Fails if the store keeps data or repeating timers for transactions that have ended. */
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
