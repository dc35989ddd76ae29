import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Returns a directory for a journal. It is removed when the test ends. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'memstore-lmdb-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
