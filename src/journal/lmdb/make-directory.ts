import { closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MemStoreError } from '../../contract/errors.ts';

/**
 * Makes a directory, and those above it that do not exist. Node's own way to do that never returns where a
 * directory exists in which the system lets nobody make another one, as in /proc.
 *
 * @throws {MemStoreError} JOURNAL_FAILED when there is something else; or what the file system says
 */
export function makeDirectory(path: string): void {
  const missing: string[] = [];
  let existing = resolve(path);
  for (; kindOf(existing) === 'nothing'; existing = dirname(existing)) missing.unshift(existing);
  if (kindOf(existing) === 'something else')
    throw new MemStoreError('JOURNAL_FAILED', `${existing} is not a directory.`);
  for (const directory of missing) {
    try {
      mkdirSync(directory);
    } catch (error) {
      // Somebody else may be making the same one.
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    flushDirectory(dirname(directory));
  }
}

/** Makes the names in a directory durable, where the system can do that. */
export function flushDirectory(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    fsyncSync(file);
  } catch {
    // Windows cannot flush a directory, and this user may not be allowed to read it.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function kindOf(path: string): 'directory' | 'something else' | 'nothing' {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'something else';
  } catch (error) {
    const { code } = error as { code?: string };
    // The second is said of what would be below a file.
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing';
    throw error;
  }
}
