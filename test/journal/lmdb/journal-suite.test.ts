import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lmdbJournal } from 'memstore-tx/lmdb';
import { type JournalStorage, journalSuite } from 'memstore-tx/testing';
import { describe, it } from 'vitest';
import { inFullRun } from '../../run-size.ts';

function inThisProcess(durability: 'commit' | 'relaxed'): JournalStorage {
  const path = mkdtempSync(join(tmpdir(), 'memstore-lmdb-'));
  return {
    strategy: () => lmdbJournal({ path, durability }),
    dispose: () => rmSync(path, { recursive: true, force: true }),
  };
}

for (const durability of inFullRun(['commit', 'relaxed'] as const, ['commit'] as const)) {
  journalSuite(
    `lmdbJournal, ${durability}`,
    () => inThisProcess(durability),
    { describe, it },
    { withoutCrash: 'a crash test needs a process of its own' },
  );
}
