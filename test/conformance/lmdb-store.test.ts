import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemStore } from 'memstore-tx';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { afterAll, describe, it } from 'vitest';
import { storeSuite } from '../../src/testing/suites/store/store-suite.ts';
import { inFullRun } from '../run-size.ts';

const scratch = mkdtempSync(join(tmpdir(), 'memstore-lmdb-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

for (const durability of inFullRun(['commit', 'relaxed'] as const, ['commit'] as const)) {
  storeSuite(
    `MemStore with lmdbJournal, ${durability}`,
    () => new MemStore({ journal: lmdbJournal({ path: mkdtempSync(join(scratch, 'store-')), durability }) }),
    { describe, it },
  );
}
