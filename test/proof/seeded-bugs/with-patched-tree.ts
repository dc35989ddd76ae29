import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSources } from '../symbols/source-symbols.ts';
import { type SeededBug, seed } from './seeded-bug.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const COPIED = ['src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

/**
 * Calls back with a temporary copy of the files that the tests need. In the copy, the sources have the bug.
 */
export async function withPatchedTree<T>(bug: SeededBug, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'seeded-bug-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(directory, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const [path, text] of seed(bug, readSources(ROOT))) writeFileSync(join(directory, path), text);
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
