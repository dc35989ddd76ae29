import { describe, expect, it } from 'vitest';
import { drive, openStore, turn } from '../open-store.ts';

describe('a one-shot write', () => {
  it('copies the value during the call, and the next call reads the copy', async () => {
    const { store } = openStore();
    const value = { n: 1 };
    const put = store.put('a', value);
    value.n = 2;
    expect(await store.get('a')).toEqual({ n: 1 });
    await put;
  });

  it('reads an iterable during the call, and only once even if it is retried', async () => {
    const { store, clock } = openStore();
    const holder = await store.begin();
    await holder.put('b', 0);
    function* entries(): Generator<[string, number]> {
      yield ['b', 2];
      yield ['a', 1];
    }
    const put = store.putMany(entries());
    await turn();
    // The one-shot write holds a and waits for b. The older holder closes the cycle, so the one-shot write is
    // the victim.
    await holder.put('a', 0);
    await holder.commit();
    await drive(clock, put);
    expect(await store.getMany(['a', 'b'])).toEqual([1, 2]);
    expect(store.stats().deadlocks).toBe(1);
  });
});
