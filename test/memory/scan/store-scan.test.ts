import { type Journal, MemStore } from 'memstore-tx';
import { describe, expect, it } from 'vitest';

/** With this many keys, building the ordered index takes more than one turn. */
const MANY = 50_000;

describe('a scan of the store that ends while it looks for its first row', () => {
  it('yields the row and leaves no snapshot open while the store is opening', async () => {
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const create = (): Journal => ({
      async *load() {
        await opened;
        yield [{ key: 'a', value: 1, expiresAtMs: undefined }];
      },
      append: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    await using store = new MemStore({ journal: { name: 'slow', create } });
    const rows = store.entries();
    const row = rows.next();
    const left = rows.return?.();
    open();
    expect(await row).toEqual({ done: false, value: ['a', 1] });
    expect(await left).toEqual({ done: true, value: undefined });
    expect(store.stats().activeSnapshots).toBe(0);
  });

  it('yields the row and leaves no snapshot open while the index is built', async () => {
    await using store = new MemStore<Record<string, number>>();
    for (let number = 0; number < MANY; number++) await store.put(`key ${number}`, number);
    const rows = store.entries();
    const row = rows.next();
    const left = rows.return?.();
    expect(store.stats().activeSnapshots).toBe(1);
    expect(await row).toEqual({ done: false, value: ['key 0', 0] });
    expect(await left).toEqual({ done: true, value: undefined });
    expect(store.stats().activeSnapshots).toBe(0);
  });
});
