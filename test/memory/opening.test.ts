import { MemStoreError } from 'memstore-tx';
import { describe, expect, it } from 'vitest';
import { assertRejects } from '../../src/testing/assert.ts';
import { collect } from '../../src/testing/suites/store/collect.ts';
import { MemoryDisk } from '../journal/memory-disk.ts';
import { HeldJournal } from './held-journal.ts';
import { openStore } from './open-store.ts';

describe('opening', () => {
  it('loads the entries of the journal before any operation runs', async () => {
    const journal = new HeldJournal([
      { key: 'a', value: 1, expiresAtMs: undefined },
      { key: 'b', value: { n: 2 }, expiresAtMs: undefined },
    ]);
    const { store } = openStore({ journal });
    expect(await store.get('b')).toEqual({ n: 2 });
    const snapshot = await store.begin({ readOnly: true });
    expect(await collect(snapshot.entries())).toEqual([
      ['a', 1],
      ['b', { n: 2 }],
    ]);
    expect(journal.commits).toEqual([]);
  });

  it('fails permanently if the journal cannot be read', async () => {
    const broken = new Error('bad sector');
    const { store } = openStore({
      journal: {
        name: 'broken',
        create: () => ({
          // biome-ignore lint/correctness/useYield: what is tested is a journal that fails before it yields.
          async *load() {
            throw broken;
          },
          append: () => Promise.resolve(),
          close: () => Promise.resolve(),
        }),
      },
    });
    for (let round = 0; round < 2; round++) {
      const error = await assertRejects(store.get('k'), 'STORE_CLOSED');
      expect(error.cause).toBe(broken);
      await assertRejects(store.begin(), 'STORE_CLOSED');
      await assertRejects(store.put('k', 1), 'STORE_CLOSED');
    }
    await store.close();
  });

  it("rejects operations with the journal's error as the cause and with its code", async () => {
    const locked = new MemStoreError('JOURNAL_LOCKED', 'Another process has it.');
    const broken = new Error('EIO');
    for (const [cause, code, message] of [
      [locked, 'JOURNAL_LOCKED', 'The store could not be opened. Another process has it.'],
      [broken, 'STORE_CLOSED', 'The store could not be opened.'],
    ] as const) {
      const disk = new MemoryDisk();
      disk.failLoad(cause);
      const { store } = openStore({ journal: disk.journal() });
      await expect(store.get('a')).rejects.toMatchObject({ code, message, cause });
    }
  });

  it('stops waiting when the signal of an operation is aborted', async () => {
    const disk = new MemoryDisk();
    disk.hold();
    const { store } = openStore({ journal: disk.journal() });
    const controller = new AbortController();
    const { signal } = controller;
    const operations = [store.begin({ signal }), store.get('a', { signal }), store.put('a', 1, { signal })];
    controller.abort();
    for (const operation of operations) await expect(operation).rejects.toMatchObject({ code: 'ABORTED' });
    disk.release();
    await store.close();
  });
});
