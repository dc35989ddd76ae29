import { describe, expect, it } from 'vitest';
import { expectNothingLeft, openStore, turn } from '../open-store.ts';

const EXPIRED = { code: 'TRANSACTION_EXPIRED' };

/** Returns the statuses of transactions at each of the times, counted from now. */
async function statusesAt(
  { store, clock }: ReturnType<typeof openStore>,
  timeouts: readonly (number | undefined)[],
  timesMs: readonly number[],
): Promise<string[][]> {
  const transactions = await Promise.all(timeouts.map((idleTimeout) => store.begin({ idleTimeout })));
  let nowMs = 0;
  const statuses = timesMs.map((timeMs) => {
    clock.advance(timeMs - nowMs);
    nowMs = timeMs;
    return transactions.map(({ status }) => status);
  });
  await Promise.all(transactions.map((tx) => tx.rollback()));
  return statuses;
}

it('the store has its idleTimeout as a property', () => {
  expect([openStore().store.idleTimeout, openStore({ idleTimeout: 5 }).store.idleTimeout]).toEqual([
    60_000, 5,
  ]);
});

describe('the idleTimeout of a begin', () => {
  it('overrides that of the store, shorter or longer, and ends at most a sixteenth later', async () => {
    const opened = openStore({ idleTimeout: 1_600 });
    const statuses = await statusesAt(
      opened,
      [undefined, 160, 16_000, Number.POSITIVE_INFINITY],
      [159, 175, 1_599, 1_710, 15_999, 18_000, 1_000_000],
    );
    const [here, gone] = ['active', 'aborted'];
    expect(statuses).toEqual([
      [here, here, here, here],
      [here, gone, here, here],
      [here, gone, here, here],
      [gone, gone, here, here],
      [gone, gone, here, here],
      [gone, gone, gone, here],
      [gone, gone, gone, here],
    ]);
    await expectNothingLeft(opened);
  });

  it('works in a store without an idle timeout, and with fractional values', async () => {
    const opened = openStore({ idleTimeout: Number.POSITIVE_INFINITY });
    const lengths = [1, 1.5, 3, 100, 1_000, 1_023, 1_025, 5_000];
    for (const length of lengths) {
      const [before, after] = [length * 0.99, length * (1 + 1 / 16) + 2];
      expect(await statusesAt(opened, [length, undefined], [before, after]), `${length} ms`).toEqual([
        ['active', 'active'],
        ['aborted', 'active'],
      ]);
    }
    await expectNothingLeft(opened);
  });

  it('counts from the last use, and not while an operation waits', async () => {
    const { store, clock } = openStore({ idleTimeout: 100_000, lockTimeout: 50_000 });
    const holder = await store.begin({ idleTimeout: 40_000 });
    await holder.put('k', 1);
    const [used, waiting] = await Promise.all([
      store.begin({ idleTimeout: 320 }),
      store.begin({ idleTimeout: 320 }),
    ]);
    const read = waiting.get('k');
    for (let times = 0; times < 10; times++) {
      clock.advance(300);
      await used.get('other');
    }
    expect([used.status, waiting.status]).toEqual(['active', 'active']);
    clock.advance(400);
    expect([used.status, waiting.status]).toEqual(['aborted', 'active']);
    await expect(used.get('other')).rejects.toMatchObject(EXPIRED);
    await holder.commit();
    expect(await read).toBe(1);
    clock.advance(400);
    await expect(waiting.commit()).rejects.toMatchObject({
      ...EXPIRED,
      message: expect.stringContaining('320 ms'),
    });
    await expectNothingLeft({ store, clock });
  });

  it('applies to snapshots too, and to every attempt of transaction()', async () => {
    const { store, clock } = openStore({ idleTimeout: 100_000 });
    const snapshot = await store.begin({ readOnly: true, idleTimeout: 160 });
    let attempts = 0;
    const work = store.transaction(
      async (tx) => {
        attempts++;
        await tx.get('k');
        await new Promise<void>((resolve) => clock.setTimer(resolve, 500, true));
        await tx.put('k', 1);
      },
      { idleTimeout: 160 },
    );
    const outcome = expect(work).rejects.toMatchObject(EXPIRED);
    await turn();
    clock.advance(600);
    await outcome;
    expect([snapshot.status, attempts]).toEqual(['aborted', 1]);
    await store.transaction(
      async (tx) => {
        const late = new Promise<void>((resolve) => clock.setTimer(resolve, 150_000, true));
        await turn();
        clock.advance(150_000);
        await late;
        await tx.put('k', 2);
      },
      { idleTimeout: 200_000 },
    );
    expect(await store.get('k')).toBe(2);
    await expectNothingLeft({ store, clock });
  });

  it('needs few timers for any number of different values, and none after all have ended', async () => {
    const { store, clock } = openStore({ idleTimeout: 1_000 });
    const before = clock.pendingTimers;
    const all = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => store.begin({ idleTimeout: 1_000 + n })),
    );
    expect(clock.pendingTimers - before).toBeLessThanOrEqual(3);
    await Promise.all(all.map((tx) => tx.rollback()));
    await expectNothingLeft({ store, clock });
  });
});
