import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { expect, it } from 'vitest';
import { scratchDirectory } from './scratch-directory.ts';

const cyclicError = new Error('outer', { cause: {} });
Object.assign(cyclicError.cause as object, { outer: cyclicError });

const UNREADABLE: Readonly<Record<string, unknown>> = {
  'a value of 501 levels': JSON.parse('['.repeat(501) + ']'.repeat(501)),
  'a value of 100,000 levels': JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)),
  'an error with a cause that refers back to it': cyclicError,
  'shared memory': [new SharedArrayBuffer(1)],
};

for (const durability of ['commit', 'relaxed'] as const)
  for (const [what, value] of Object.entries(UNREADABLE))
    it(`a store with clone: false refuses ${what} at the commit (${durability})`, async () => {
      const path = scratchDirectory();
      const open = (): MemStore<Record<string, unknown>> =>
        new MemStore({ clone: false, journal: lmdbJournal({ path, durability }) });
      const store = open();
      await store.put('kept', 1);
      const tx = await store.begin();
      await tx.put('beside', 2);
      await tx.put('refused', value);
      await expect(tx.commit()).rejects.toMatchObject({ code: 'INVALID_VALUE' });
      await expect(store.put('refused', value)).rejects.toMatchObject({ code: 'INVALID_VALUE' });
      expect(store.locks()).toEqual({ held: [], waiting: [] });
      await store.put('after', 3);
      await store.close();

      const reopened = open();
      expect(await reopened.getMany(['kept', 'beside', 'refused', 'after'])).toEqual([
        1,
        undefined,
        undefined,
        3,
      ]);
      await reopened.close();
    });
