import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory for a journal, gone when the test is over. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'memstore-lmdb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
